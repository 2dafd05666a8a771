#include "query/logql/log_patterns.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "storage/model/mutex.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::LogPattern;
using storage::TimeRange;

constexpr std::string_view kLevelMetadata = "detected_level";
constexpr std::string_view kUnknownLevel = "unknown";
// A stream is read in pieces of time, between which a query can stop: so long, or so many.
constexpr uint64_t kPieceNs = 3600ULL * storage::kNanosecondsPerSecond;
constexpr uint64_t kPiecesMax = 256;

// The widest range there is does not overflow.
uint64_t WidthNs(TimeRange range_ns) {
  return static_cast<uint64_t>(range_ns.end) - static_cast<uint64_t>(range_ns.begin);
}

// Patterns of all streams by text and level.
class PatternSums {
 public:
  void Add(const std::vector<LogPattern>& patterns) {
    storage::MutexLock lock(&mutex_);
    for (const LogPattern& pattern : patterns) {
      LogPatternCount& sum = sums_[{pattern.text, pattern.group}];
      sum.lines += pattern.lines;
      for (const auto& [step_ns, lines] : pattern.steps) sum.steps[step_ns] += lines;
    }
  }

  std::vector<LogPatternCount> Take(size_t limit) {
    storage::MutexLock lock(&mutex_);
    std::vector<LogPatternCount> counts;
    for (auto& [key, sum] : sums_) {
      sum.text = key.first;
      sum.level = key.second.empty() ? std::string(kUnknownLevel) : key.second;
      counts.push_back(std::move(sum));
    }
    std::stable_sort(
        counts.begin(), counts.end(),
        [](const LogPatternCount& a, const LogPatternCount& b) { return a.lines > b.lines; });
    if (counts.size() > limit) counts.resize(limit);
    return counts;
  }

 private:
  storage::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, LogPatternCount> sums_ ABSL_GUARDED_BY(mutex_);
};

absl::Status AddStream(const storage::LogSelection& selection, size_t index,
                       const LogPatternQuery& query, uint64_t piece_ns, QueryContext* context,
                       PatternSums* sums) {
  for (TimeRange piece = query.range_ns; !piece.empty();) {
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    if (WidthNs(piece) > piece_ns) piece.end = piece.begin + static_cast<int64_t>(piece_ns);
    VARVE_ASSIGN_OR_RETURN(const std::vector<LogPattern> patterns,
                           selection.Patterns(index, piece, query.step_ns, kLevelMetadata));
    sums->Add(patterns);
    piece = {piece.end, query.range_ns.end};
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<LogPatternCount>> FindLogPatterns(
    const storage::Querier& querier, const std::vector<storage::Matcher>& matchers,
    const LogPatternQuery& query, QueryContext* context) {
  PatternSums sums;
  if (query.range_ns.empty()) return sums.Take(query.limit);
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::LogSelection> selection,
                         querier.SelectLogs(matchers, query.range_ns));
  VARVE_RETURN_IF_ERROR(context->ChargeSeries(selection->size()));
  const uint64_t piece_ns = std::max(kPieceNs, WidthNs(query.range_ns) / kPiecesMax);
  VARVE_RETURN_IF_ERROR(context->ParallelFor(selection->size(), [&](size_t index) {
    return AddStream(*selection, index, query, piece_ns, context, &sums);
  }));
  return sums.Take(query.limit);
}

}  // namespace varve::query
