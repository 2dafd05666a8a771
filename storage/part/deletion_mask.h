// DeletionMask: what a delete hides: a signal's series that match, in a range of time, as far as
// they lie in parts that are older than the delete; of log streams perhaps only the entries that a
// filter matches.
//
// Part ids grow, and a delete puts everything that was written before it into parts; so "older" is
// a lower id, whatever timestamps say: samples written after the delete, of any time, come into
// parts with higher ids and are not hidden. A compaction leaves out what its inputs hide and writes
// a part with a higher id. When no part is left that a mask may hide something of, the mask is
// dropped.
//
// Threads:  an immutable value.
// Errors:   DATA_LOSS for a text that is no mask.
// Format:   storage/docs/manifest_format.md
#ifndef STORAGE_PART_DELETION_MASK_H_
#define STORAGE_PART_DELETION_MASK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/model/matcher.h"
#include "storage/model/signal.h"
#include "storage/model/time_range.h"
#include "storage/part/part_format.h"

namespace varve::storage {

struct DeletionMask {
  uint64_t id = 0;  // names the mask in the manifest
  Signal signal = Signal::kMetrics;
  std::vector<Matcher> matchers;  // none: every series
  TimeRange range;                // milliseconds for metrics, nanoseconds for logs
  uint64_t parts_end = 0;         // parts with lower ids are masked
  std::string filter = {};        // the text of an EntryFilter; empty: all of the entries

  // Whether it may hide something of a part; and the hidden times in the unit of the part's kind.
  bool MayHide(SignalKind kind, const PartMetadata& part) const;
  TimeRange RangeFor(SignalKind kind) const;
  // Whether it hides the same as `other`, and nothing less.
  bool Covers(const DeletionMask& other) const;
};
using DeletionMaskPtr = std::shared_ptr<const DeletionMask>;

// The words of a mask, separated by spaces: id, signal, begin, end, parts_end, matchers, filter.
std::string EncodeDeletionMask(const DeletionMask& mask);
absl::StatusOr<DeletionMask> ParseDeletionMask(std::string_view text);

}  // namespace varve::storage

#endif  // STORAGE_PART_DELETION_MASK_H_
