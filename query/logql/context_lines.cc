#include "query/logql/context_lines.h"

#include <deque>
#include <utility>

#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::LabelSet;
using storage::LogColumns;

StreamsResult::Line LineAt(const LogColumns& columns, size_t i) {
  StreamsResult::Line line;
  line.timestamp_ns = columns.timestamps_ns[i];
  line.line = std::string(columns.lines[i]);
  if (!columns.metadata.empty()) line.structured_metadata = LabelSet(columns.metadata[i]);
  return line;
}

// Walks the stream from its oldest line on.
class ContextWalk {
 public:
  ContextWalk(const std::vector<FoundLine>& found, uint64_t lines) : found_(found), lines_(lines) {}

  // False: everything that was found has its context.
  bool Take(const LogColumns& columns, size_t i) {
    const size_t hit = HitAt(columns.timestamps_ns[i], columns.lines[i]);
    if (hit != SIZE_MAX) {
      for (StreamsResult::Line& line : before_) Add(std::move(line), "before");
      before_.clear();
      result_.push_back({hit, {}});
      after_ = lines_;
      ++taken_;
    } else if (after_ > 0) {
      Add(LineAt(columns, i), "after");
      --after_;
    } else if (lines_ > 0) {
      before_.push_back(LineAt(columns, i));
      if (before_.size() > lines_) before_.pop_front();
    }
    return taken_ < found_.size() || after_ > 0;
  }
  std::vector<LineInContext> Finish() { return std::move(result_); }

 private:
  // Several lines may have one time; the same line at the same time is stored once.
  size_t HitAt(int64_t timestamp_ns, std::string_view line) {
    while (first_ < found_.size() && found_[first_].timestamp_ns < timestamp_ns) ++first_;
    for (size_t i = first_; i < found_.size() && found_[i].timestamp_ns == timestamp_ns; ++i) {
      if (found_[i].line == line) return i;
    }
    return SIZE_MAX;
  }
  void Add(StreamsResult::Line line, std::string_view place) {
    line.parsed = LabelSet{{kContextLabel, place}};
    result_.push_back({SIZE_MAX, std::move(line)});
  }

  const std::vector<FoundLine>& found_;
  const uint64_t lines_;
  std::deque<StreamsResult::Line> before_;  // candidates in front of the next hit
  uint64_t after_ = 0;                      // lines still wanted behind the last one
  size_t first_ = 0;
  size_t taken_ = 0;
  std::vector<LineInContext> result_;
};

}  // namespace

absl::StatusOr<std::vector<LineInContext>> AddContextLines(
    const storage::LogSelection& selection, size_t stream, const std::vector<FoundLine>& found,
    storage::TimeRange range_ns, uint64_t context_lines, QueryContext* context) {
  ContextWalk walk(found, context_lines);
  storage::LogReadOptions options;
  options.range_ns = range_ns;
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<storage::LogCursor> cursor,
                         selection.Open(stream, options));
  LogColumns columns;
  while (true) {
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    VARVE_ASSIGN_OR_RETURN(const bool more, cursor->Next(&columns));
    if (!more) return walk.Finish();
    uint64_t bytes = 0;
    for (const std::string_view line : columns.lines) bytes += line.size();
    VARVE_RETURN_IF_ERROR(context->ChargeLogBytes(bytes));
    for (size_t i = 0; i < columns.size; ++i) {
      if (!walk.Take(columns, i)) return walk.Finish();
    }
  }
}

}  // namespace varve::query
