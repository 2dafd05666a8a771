#include "query/logql/range_aggregation.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "query/logql/range_job.h"
#include "query/logql/range_reader.h"
#include "query/logql/range_series.h"
#include "query/logql/sample_order.h"
#include "query/logql/series_accumulator.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

// Streams are dealt out in this many tasks: enough to share them evenly, few enough that merging
// their series costs little.
constexpr size_t kTasksMax = 32;

// What the streams of the job's selector and time gave, all series of them.
absl::StatusOr<std::vector<SeriesAccumulator>> ReadStreams(const storage::Querier& querier,
                                                           RangeJob* job) {
  const storage::TimeRange range_ns = job->MakeLocator().read_range_ns();
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::LogSelection> selection,
                         querier.SelectLogs(job->expr.range.log.matchers, range_ns));
  job->selection = selection.get();
  const size_t streams = selection->size();
  VARVE_RETURN_IF_ERROR(job->ChargeSeries(streams));
  job->context->stats().series += streams;

  const size_t tasks = std::min(streams, kTasksMax);
  std::vector<std::unique_ptr<RangeReader>> readers(tasks);
  const absl::Status read = job->context->ParallelFor(tasks, [&](size_t task) {
    readers[task] = std::make_unique<RangeReader>(job);
    const size_t end = streams * (task + 1) / tasks;
    for (size_t i = streams * task / tasks; i < end; ++i) {
      absl::Status status = readers[task]->Read(i);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  });
  bool complete = read.ok();
  if (complete && job->adds_integers) {
    uint64_t magnitude = 0;
    for (const std::unique_ptr<RangeReader>& reader : readers) magnitude += reader->magnitude();
    complete = magnitude <= kExactSumMax;
    job->met_other_value = !complete;
  }
  if (!complete) return job->ReadsMore() ? ReadStreams(querier, job) : read;
  SeriesMap all(&job->grouping);
  for (const std::unique_ptr<RangeReader>& reader : readers) all.Merge(reader->TakeMap());
  return std::move(all).Finish();
}

}  // namespace

bool TakesOuterSum(const RangeAggregationExpr& expr) {
  if (expr.grouping) return false;
  switch (expr.function) {
    case RangeFunction::kCount:
    case RangeFunction::kRate:
    case RangeFunction::kBytes:
    case RangeFunction::kBytesRate:
    case RangeFunction::kSum:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<StepVector> RunRangeAggregation(const storage::Querier& querier,
                                               const RangeAggregationExpr& expr,
                                               const std::optional<Grouping>& outer_sum,
                                               const StepTimes& steps, QueryContext* context) {
  const std::optional<Grouping>& grouping = expr.grouping ? expr.grouping : outer_sum;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<RangeJob> job,
                         RangeJob::Make(expr, grouping, steps, context));
  VARVE_ASSIGN_OR_RETURN(std::vector<SeriesAccumulator> found, ReadStreams(querier, job.get()));
  return FinishSeries(*job, std::move(found));
}

absl::StatusOr<std::vector<LogSampleSeries>> ReadLogSamples(const storage::Querier& querier,
                                                            const RangeAggregationExpr& expr,
                                                            storage::TimeRange range_ns,
                                                            QueryContext* context) {
  std::vector<LogSampleSeries> result;
  if (range_ns.empty()) return result;
  // One window that is the range.
  const StepTimes steps{range_ns.end - 1, 1, 1};
  RangeAggregationExpr whole{expr.function, expr.parameter, {}, std::nullopt};
  whole.range.log = expr.range.log;
  whole.range.unwrap = expr.range.unwrap;
  if (__builtin_sub_overflow(range_ns.end, range_ns.begin, &whole.range.range_ns)) {
    whole.range.range_ns = std::numeric_limits<int64_t>::max();
  }
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<RangeJob> job,
                         RangeJob::Make(whole, std::nullopt, steps, context));
  job->samples_only = true;
  job->adds_integers = false;
  VARVE_ASSIGN_OR_RETURN(std::vector<SeriesAccumulator> found, ReadStreams(querier, job.get()));
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.labels < b.labels; });
  for (SeriesAccumulator& series : found) {
    if (series.labels.Has(kErrorLabel)) return PipelineError(series.labels);
    SortByTime(&series.samples);
    result.push_back({std::move(series.labels), std::move(series.samples)});
  }
  return result;
}

}  // namespace varve::query
