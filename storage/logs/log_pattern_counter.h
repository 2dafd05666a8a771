// LogPatternCounter: which patterns the lines of a stream have and how many lines each has over
// time. Blocks that are stored as templates tell it without their lines; other lines are split.
//
// Threads:  thread-compatible.
// Owns:     the counts.
// Errors:   those of the blocks.
#ifndef STORAGE_LOGS_LOG_PATTERN_COUNTER_H_
#define STORAGE_LOGS_LOG_PATTERN_COUNTER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "storage/logs/line_lexer.h"
#include "storage/logs/log_part_visibility.h"
#include "storage/logs/log_stream_snapshot.h"
#include "storage/model/text.h"
#include "storage/querier.h"

namespace varve::storage {

class LogPatternCounter {
 public:
  // Counts lines of `range_ns` in steps that begin at multiples of `step_ns`, apart by the value of
  // the structured metadata `group_by`; empty: all together.
  LogPatternCounter(TimeRange range_ns, int64_t step_ns, std::string_view group_by)
      : range_ns_(range_ns), step_ns_(step_ns), group_by_(group_by) {}

  // What deletions hide is not counted.
  absl::Status AddPart(const VisibleLogPart& part, uint32_t stream);
  absl::Status AddSnapshot(const LogStreamSnapshot& snapshot);

  // The patterns with the most lines first. Patterns beyond kLogPatternsMax are left out, and lines
  // that are like no other have none.
  std::vector<LogPattern> Finish() &&;

 private:
  absl::Status AddBlock(const LogBlockBytes& bytes, uint32_t first_row, uint32_t end_row);
  absl::Status AddFiltered(const VisibleLogPart& part, uint32_t stream);
  void AddLine(std::string_view line, int64_t timestamp_ns, LabelSetView metadata);
  // The place in groups_ of an entry's group.
  size_t GroupOf(LabelSetView metadata);
  // The place in patterns_ of a pattern; kNoPattern for lines that have none.
  size_t PatternOf(std::string_view text, size_t group);
  void Count(size_t pattern, int64_t timestamp_ns);

  bool IsWanted(int64_t timestamp_ns) const;

  const TimeRange range_ns_;
  std::vector<TimeRange> wanted_ns_;  // of what is being added
  const int64_t step_ns_;
  const std::string group_by_;
  std::vector<std::string> groups_ = {""};
  LogBlockReader reader_;
  LineLexer lexer_;
  StringMap<size_t> index_;  // by text, a zero byte and the group's number
  std::string key_;
  std::vector<LogPattern> patterns_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_PATTERN_COUNTER_H_
