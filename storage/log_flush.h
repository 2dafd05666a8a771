// FlushLogs: writes what the log head's closed epochs hold into parts, one for each UTC day.
//
// Threads:  the maintenance thread, between the head's BeginFlush and EndFlush.
// Errors:   as FlushMetrics.
#ifndef STORAGE_LOG_FLUSH_H_
#define STORAGE_LOG_FLUSH_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/logs/log_head.h"
#include "storage/part_set.h"

namespace varve::storage {

// The parts are of `kind`. Appends the names of the finished parts to `*names`.
absl::Status FlushLogs(SignalKind kind, LogHead* head, PartSet* parts,
                       std::vector<std::string>* names);

}  // namespace varve::storage

#endif  // STORAGE_LOG_FLUSH_H_
