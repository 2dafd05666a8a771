// AddVisibleVolume: how many entries of a stream a part has, and how large they are, without those
// that deletes hide.
//
// The directory has the answer for each block. Only blocks that a pending delete reaches into are
// read, once: their part remembers what was counted.
//
// Threads:  a function without state.
// Errors:   those of LogPart.
#ifndef STORAGE_LOGS_LOG_PART_VOLUME_H_
#define STORAGE_LOGS_LOG_PART_VOLUME_H_

#include <cstdint>

#include "absl/status/status.h"
#include "storage/logs/log_part_visibility.h"
#include "storage/querier.h"

namespace varve::storage {

// Adds the blocks of a stream that overlap the range, each as a whole and once.
absl::Status AddVisibleVolume(const VisibleLogPart& part, uint32_t stream, TimeRange range_ns,
                              LogVolume* volume);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_PART_VOLUME_H_
