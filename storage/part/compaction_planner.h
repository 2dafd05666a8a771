// Which parts to merge, and which to drop: decisions from what is known about parts, without I/O.
//
// Parts of one UTC day and one kind go through three levels: what a flush wrote (0), what a
// closed 2 h window was merged into (1), and what a closed day was merged into (2). A part is never
// merged with parts of another day or kind, because retention drops whole days.
//
// Lists of parts are in the order of age, what was written first in front. Where parts disagree
// about a sample the older one is right, and a merged part has the age of its oldest input: so what
// lies between two inputs, in age and in time, is merged with them.
//
// Threads:  functions without state.
#ifndef STORAGE_PART_COMPACTION_PLANNER_H_
#define STORAGE_PART_COMPACTION_PLANNER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/part/part_format.h"

namespace varve::storage {

inline constexpr uint32_t kLevelFlush = 0;
inline constexpr uint32_t kLevelWindow = 1;
inline constexpr uint32_t kLevelDay = 2;

// What the planners know of a part.
struct PartSummary {
  std::string name;
  SignalKind kind = SignalKind::kMetrics;
  PartMetadata metadata;
  uint64_t file_bytes = 0;

  int64_t min_time_ms() const;
  int64_t max_time_ms() const;
};

struct CompactionPlan {
  SignalKind kind = SignalKind::kMetrics;
  std::vector<std::string> inputs;  // all of one kind and day; one alone only where it pays
  uint32_t level = kLevelFlush;     // of the output
};

// The most urgent merge that is due at `now_ms`; nullopt when none is.
std::optional<CompactionPlan> PlanCompaction(const std::vector<PartSummary>& parts, int64_t now_ms);
// The next merge on the way to one part per day and kind.
std::optional<CompactionPlan> PlanFullCompaction(const std::vector<PartSummary>& parts);

// Names of the parts to drop: those of days that ended `retention_ms` or longer before `now_ms`
// (0: none), and of the oldest days while all parts together take more than `bytes_max` (0: any
// size). The newest day always stays.
std::vector<std::string> PlanRetention(const std::vector<PartSummary>& parts, int64_t now_ms,
                                       int64_t retention_ms, uint64_t bytes_max);

}  // namespace varve::storage

#endif  // STORAGE_PART_COMPACTION_PLANNER_H_
