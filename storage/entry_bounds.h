// DropOutOfBounds: keeps entries that are too old, or too far in the future, out of the database.
//
// Threads:  a function without state.
#ifndef STORAGE_ENTRY_BOUNDS_H_
#define STORAGE_ENTRY_BOUNDS_H_

#include <cstdint>
#include <vector>

#include "storage/appender.h"
#include "storage/model/time_range.h"

namespace varve::storage {

// Copies the entries whose time is in `range_ms` to `*kept` when there are others, which it rejects
// with Loki's words; false, and nothing copied, when all are. `*places`: of the kept ones in
// `batch`.
bool DropOutOfBounds(const LogBatch& batch, TimeRange range_ms, LogBatch* kept,
                     std::vector<uint32_t>* places, AppendResult* result);

}  // namespace varve::storage

#endif  // STORAGE_ENTRY_BOUNDS_H_
