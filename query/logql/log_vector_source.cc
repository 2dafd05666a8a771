#include "query/logql/log_vector_source.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "query/engine/number_format.h"
#include "query/logql/metric_query.h"
#include "query/logql/parser.h"
#include "query/logql/range_aggregation.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::StrCat;
using storage::TimeRange;

constexpr int64_t kNanosecondsPerMillisecond = storage::kNanosecondsPerMillisecond;

// The entries of one query as series, in memory.
class LogSampleSelection final : public storage::MetricSelection {
 public:
  explicit LogSampleSelection(std::vector<LogSampleSeries> series) {
    for (LogSampleSeries& from : series) {
      Series& to = series_.emplace_back();
      to.labels = std::move(from.labels);
      for (const LogSample& sample : from.samples) {
        to.timestamps_ms.push_back(
            storage::FloorDivide(sample.timestamp_ns, kNanosecondsPerMillisecond));
        to.values.push_back(sample.value);
      }
    }
  }

  size_t size() const override { return series_.size(); }
  storage::LabelSetView labels(size_t index) const override { return series_[index].labels; }

  absl::Status Read(size_t index, TimeRange range_ms,
                    storage::SampleColumns* columns) const override {
    const Series& series = series_[index];
    const auto begin =
        std::lower_bound(series.timestamps_ms.begin(), series.timestamps_ms.end(), range_ms.begin);
    const auto end = std::lower_bound(begin, series.timestamps_ms.end(), range_ms.end);
    const auto at = begin - series.timestamps_ms.begin();
    *columns = storage::SampleColumns();
    columns->timestamps_ms = std::make_shared<const std::vector<int64_t>>(begin, end);
    columns->values.assign(series.values.begin() + at, series.values.begin() + at + (end - begin));
    return absl::OkStatus();
  }

 private:
  struct Series {
    storage::LabelSet labels;
    std::vector<int64_t> timestamps_ms;
    std::vector<double> values;
  };
  std::vector<Series> series_;
};

// The call as a LogQL expression.
absl::StatusOr<MetricExprPtr> ParseCall(std::string_view function, std::string_view parameter,
                                        std::string_view log_query, int64_t range_ms) {
  VARVE_ASSIGN_OR_RETURN(LogqlExpr expr, ParseLogql(StrCat(function, "(", parameter, log_query,
                                                           " [", range_ms, "ms])")));
  if (auto* metric = std::get_if<MetricExprPtr>(&expr);
      metric != nullptr && std::holds_alternative<RangeAggregationExpr>((*metric)->node)) {
    return std::move(*metric);
  }
  return absl::InvalidArgumentError(StrCat("cannot read logs: ", log_query, " is no log query"));
}

}  // namespace

bool LogqlVectorSource::HasFunction(std::string_view name) const {
  return FindRangeFunction(name).has_value();
}

absl::StatusOr<StepVector> LogqlVectorSource::Evaluate(const storage::Querier& querier,
                                                       const LogRangeCall& call,
                                                       const StepGrid& grid,
                                                       QueryContext* context) const {
  const bool has_parameter = FindRangeFunction(call.function) == RangeFunction::kQuantile;
  VARVE_ASSIGN_OR_RETURN(MetricExprPtr expr, ParseCall(call.function, has_parameter ? "0," : "",
                                                       call.log_query, call.range_ms));
  if (has_parameter) std::get<RangeAggregationExpr>(expr->node).parameter = call.parameter;
  const TimeRange start = storage::NanosecondsOf({grid.start_ms, grid.end_ms});
  const StepTimes steps{start.begin, grid.step_ms * kNanosecondsPerMillisecond, grid.count()};
  VARVE_ASSIGN_OR_RETURN(MetricValue value, RunMetricQuery(querier, *expr, steps, context));
  return std::get<StepVector>(std::move(value));
}

absl::StatusOr<std::unique_ptr<storage::MetricSelection>> LogqlVectorSource::SelectSamples(
    const storage::Querier& querier, std::string_view log_query, TimeRange range_ms,
    QueryContext* context) const {
  // `rate` takes a log range with and without an unwrap.
  VARVE_ASSIGN_OR_RETURN(const MetricExprPtr expr, ParseCall("rate", "", log_query, 1));
  VARVE_ASSIGN_OR_RETURN(std::vector<LogSampleSeries> series,
                         ReadLogSamples(querier, std::get<RangeAggregationExpr>(expr->node),
                                        storage::NanosecondsOf(range_ms), context));
  return std::unique_ptr<storage::MetricSelection>(
      std::make_unique<LogSampleSelection>(std::move(series)));
}

}  // namespace varve::query
