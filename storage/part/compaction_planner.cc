#include "storage/part/compaction_planner.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "storage/model/time_range.h"

namespace varve::storage {
namespace {

constexpr int64_t kWindowMs = 2 * kMillisecondsPerHour;
// Late samples still come for a while after a window or day has ended.
constexpr int64_t kWindowSlackMs = kMillisecondsPerHour / 4;
constexpr int64_t kDaySlackMs = kMillisecondsPerHour;
// So many small parts are merged though their window is still open: each one costs every query.
constexpr size_t kOpenWindowPartsMax = 8;
// A large part is merged with small ones only when they are worth this share of it or many, so that
// a trickle of late samples does not rewrite a day over and over.
constexpr uint64_t kWorthwhileShare = 10;

using Group = std::vector<const PartSummary*>;

std::map<std::pair<SignalKind, int32_t>, Group> GroupByDay(const std::vector<PartSummary>& parts) {
  std::map<std::pair<SignalKind, int32_t>, Group> groups;
  for (const PartSummary& part : parts) {
    groups[{part.kind, part.metadata.partition_day}].push_back(&part);
  }
  return groups;
}

CompactionPlan PlanOf(const Group& inputs, uint32_t level) {
  CompactionPlan plan;
  plan.kind = inputs.front()->kind;
  for (const PartSummary* part : inputs) plan.inputs.push_back(part->name);
  plan.level = level;
  return plan;
}

bool Overlap(const PartSummary& a, const PartSummary& b) {
  return a.metadata.min_time <= b.metadata.max_time && b.metadata.min_time <= a.metadata.max_time;
}

// `inputs` and what must be merged with them, in the order of `group`: a part of `group` that is
// younger than one input and older than another that overlaps it in time.
Group WithThoseBetween(const Group& group, Group inputs) {
  const auto is_input = [&](const PartSummary* part) {
    return std::find(inputs.begin(), inputs.end(), part) != inputs.end();
  };
  const auto between = [&](size_t i) {
    const auto at = group.begin() + static_cast<ptrdiff_t>(i);
    return std::any_of(group.begin(), at, is_input) &&
           std::any_of(at + 1, group.end(), [&](const PartSummary* younger) {
             return is_input(younger) && Overlap(*group[i], *younger);
           });
  };
  for (bool grew = true; grew;) {
    grew = false;
    for (size_t i = 0; i < group.size(); ++i) {
      if (is_input(group[i]) || !between(i)) continue;
      inputs.push_back(group[i]);
      grew = true;
    }
  }
  Group ordered;
  std::copy_if(group.begin(), group.end(), std::back_inserter(ordered), is_input);
  return ordered;
}

// The parts of `group` worth merging together: all, or all but one that dwarfs the rest.
Group Worthwhile(Group group) {
  std::sort(group.begin(), group.end(), [](const PartSummary* a, const PartSummary* b) {
    return a->file_bytes < b->file_bytes;
  });
  uint64_t small_bytes = 0;
  for (size_t i = 0; i + 1 < group.size(); ++i) small_bytes += group[i]->file_bytes;
  const bool dwarfed = group.back()->file_bytes > small_bytes * kWorthwhileShare;
  if (dwarfed && group.size() <= kOpenWindowPartsMax) group.pop_back();
  return group;
}

// Log entries become small only by a merge for a closed time: even one part alone is rewritten
// then.
bool IsWorthRewriting(const Group& group) {
  return group.size() == 1 && group.front()->kind == SignalKind::kLogs &&
         group.front()->metadata.level == kLevelFlush;
}

// Whether the newest part of log entries lies in this window: more may follow, as when old entries
// are loaded. Making them small more than once costs more than reading a few parts.
bool IsReceiving(const std::vector<PartSummary>& parts, const Group& window) {
  if (window.front()->kind != SignalKind::kLogs) return false;
  uint64_t newest = 0;
  for (const PartSummary& part : parts) {
    if (part.kind == SignalKind::kLogs) newest = std::max(newest, part.metadata.part_id);
  }
  return std::any_of(window.begin(), window.end(), [newest](const PartSummary* part) {
    return part->metadata.part_id == newest;
  });
}

}  // namespace

int64_t PartSummary::min_time_ms() const {
  return CountsNanoseconds(kind) ? FloorDivide(metadata.min_time, kNanosecondsPerMillisecond)
                                 : metadata.min_time;
}

int64_t PartSummary::max_time_ms() const {
  return CountsNanoseconds(kind) ? FloorDivide(metadata.max_time, kNanosecondsPerMillisecond)
                                 : metadata.max_time;
}

std::optional<CompactionPlan> PlanCompaction(const std::vector<PartSummary>& parts,
                                             int64_t now_ms) {
  for (const auto& [key, group] : GroupByDay(parts)) {
    const int64_t day_end_ms = (int64_t{key.second} + 1) * kMillisecondsPerDay;
    const bool day_closed = now_ms >= day_end_ms + kDaySlackMs;
    if (day_closed && IsWorthRewriting(group)) return PlanOf(group, kLevelDay);
    if (group.size() < 2) continue;
    if (day_closed) {
      const Group inputs = Worthwhile(group);
      if (inputs.size() >= 2) return PlanOf(WithThoseBetween(group, inputs), kLevelDay);
      continue;
    }
    std::map<int64_t, Group> windows;
    for (const PartSummary* part : group) {
      if (part->metadata.level == kLevelDay) continue;
      windows[FloorDivide(part->min_time_ms(), kWindowMs)].push_back(part);
    }
    for (const auto& [window, members] : windows) {
      if (members.size() < 2) continue;
      const bool closed = now_ms >= (window + 1) * kWindowMs + kWindowSlackMs;
      const bool complete = closed && !IsReceiving(parts, members);
      if (!complete && members.size() < kOpenWindowPartsMax) continue;
      const Group inputs = Worthwhile(members);
      if (inputs.size() < 2) continue;
      return PlanOf(WithThoseBetween(group, inputs), closed ? kLevelWindow : kLevelFlush);
    }
  }
  return std::nullopt;
}

std::optional<CompactionPlan> PlanFullCompaction(const std::vector<PartSummary>& parts) {
  for (const auto& [key, group] : GroupByDay(parts)) {
    if (group.size() >= 2 || IsWorthRewriting(group)) return PlanOf(group, kLevelDay);
  }
  return std::nullopt;
}

std::vector<std::string> PlanRetention(const std::vector<PartSummary>& parts, int64_t now_ms,
                                       int64_t retention_ms, uint64_t bytes_max) {
  std::map<int32_t, std::vector<const PartSummary*>> days;
  uint64_t total_bytes = 0;
  for (const PartSummary& part : parts) {
    days[part.metadata.partition_day].push_back(&part);
    total_bytes += part.file_bytes;
  }
  std::vector<std::string> dropped;
  for (const auto& [day, members] : days) {
    const int64_t end_ms = (int64_t{day} + 1) * kMillisecondsPerDay;
    const bool expired = retention_ms > 0 && end_ms <= now_ms - retention_ms;
    const bool too_large = bytes_max > 0 && total_bytes > bytes_max && day != days.rbegin()->first;
    if (!expired && !too_large) break;
    for (const PartSummary* part : members) {
      dropped.push_back(part->name);
      total_bytes -= part->file_bytes;
    }
  }
  return dropped;
}

}  // namespace varve::storage
