// Selectors and range functions: series are read, rolled up and forgotten one by one, several at a
// time on the worker pool.
#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "query/engine/annotations.h"
#include "query/engine/counter_start.h"
#include "query/engine/histogram_buckets.h"
#include "query/engine/label_text.h"
#include "query/engine/name_removal.h"
#include "query/engine/query_trace.h"
#include "query/promql/evaluator.h"
#include "query/promql/functions_table.h"
#include "query/promql/operator_name.h"
#include "query/promql/rollup_task.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {

namespace {

// So many series to a task of the worker pool; of very many series more, so that what a task sets
// up for itself does not count.
constexpr size_t kSeriesPerTaskMin = 32;
constexpr size_t kSeriesPerTaskMax = 256;
constexpr size_t kTasks = 128;

bool HasStaleMarker(const std::vector<double>& values) {
  bool found = false;
  for (const double value : values) found |= storage::IsStaleMarker(value);
  return found;
}

// Whether all series of the selector have the same name, so that dropping it makes none equal.
bool SelectsOneMetric(const VectorSelector& selector) {
  return std::any_of(selector.matchers.begin(), selector.matchers.end(),
                     [](const storage::Matcher& matcher) {
                       return matcher.name() == storage::kMetricNameLabel &&
                              matcher.type() == storage::MatchType::kEqual;
                     });
}

// Whether a rollup looks at one sample of each window.
bool IsInstant(Rollup function) {
  return function == RollupInstant || function == RollupInstantTimestamp ||
         function == RollupStartTimestamp || function == RollupSmoothedInstant;
}

// Whether a rollup stretches the growth of a window beyond its samples.
bool Extrapolates(Rollup function) {
  return function == RollupRate || function == RollupIncrease || function == RollupDelta;
}

bool EndsLikeCounter(std::string_view name) {
  return name.ends_with("_total") || name.ends_with("_sum") || name.ends_with("_count") ||
         name.ends_with("_bucket");
}

// Of series that have histograms alone.
const storage::TimestampColumn& NoTimestamps() {
  static const auto kNone = std::make_shared<const std::vector<int64_t>>();
  return kNone;
}

// What decoded samples count for where they are limited.
uint64_t Weight(const storage::SampleColumns& columns) {
  return columns.size() + SampleWeight(columns.histograms);
}

// Looks, in the midst of a task, whether the query goes on. A task of long windows takes long.
class AliveCheck {
 public:
  explicit AliveCheck(const QueryContext* context) : context_(context) {}

  // After a series of so many samples and steps.
  absl::Status After(uint64_t samples_and_steps) {
    done_ += samples_and_steps;
    if (done_ < kSamplesPerCheck) return absl::OkStatus();
    done_ = 0;
    return context_->CheckAlive();
  }

 private:
  static constexpr uint64_t kSamplesPerCheck = 2048;

  const QueryContext* context_;
  uint64_t done_ = 0;
};

// Inner steps leave samples out, so what a hint says of the sample before is not true of the step
// before.
storage::HistogramPtr WithoutHint(storage::HistogramPtr histogram) {
  if (histogram->reset_hint == storage::CounterResetHint::kUnknown ||
      histogram->reset_hint == storage::CounterResetHint::kGauge) {
    return histogram;
  }
  auto copy = std::make_shared<storage::Histogram>(*histogram);
  copy->reset_hint = storage::CounterResetHint::kUnknown;
  return copy;
}

// Makes samples of the steps at which a series has a value: `count` of those at `times`. Nothing is
// left of the series: there may be many.
void TakeSamples(StepSeries* series, size_t count, const storage::TimestampColumn& times,
                 storage::SampleColumns* columns) {
  const std::vector<int64_t>& all = *times;
  if (count == all.size() && series->histograms.empty()) {
    columns->timestamps_ms = times;
    columns->values = std::move(series->values);
  } else {
    for (size_t s = 0; s < series->histograms.size(); ++s) {
      if (!series->present[s] || series->histograms[s] == nullptr) continue;
      columns->histogram_timestamps_ms.push_back(all[s]);
      columns->histograms.push_back(WithoutHint(std::move(series->histograms[s])));
      series->present[s] = 0;
    }
    const size_t floats = count - columns->histograms.size();
    std::vector<int64_t> own;
    own.reserve(floats);
    columns->values.reserve(floats);
    for (size_t s = 0; s < all.size(); ++s) {
      if (!series->present[s]) continue;
      own.push_back(all[s]);
      columns->values.push_back(series->values[s]);
    }
    columns->timestamps_ms = std::make_shared<const std::vector<int64_t>>(std::move(own));
  }
  *series = StepSeries();
}

// The histograms that a rollup made, charged series by series: how many and how large they become
// is not known before.
class MadeHistograms {
 public:
  absl::Status Charge(const StepSeries& series, QueryContext* context) {
    if (series.histograms.empty()) return absl::OkStatus();
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    const uint64_t weight = SampleWeight(series.histograms);
    charged_.fetch_add(weight, std::memory_order_relaxed);
    return context->ChargeSamples(weight);
  }
  void Release(QueryContext* context) { context->ReleaseSamples(charged_.exchange(0)); }

 private:
  std::atomic<uint64_t> charged_{0};
};

MatrixResult::Series RawResult(storage::LabelSet labels, const storage::SampleColumns& columns) {
  MatrixResult::Series series;
  series.labels = std::move(labels);
  series.samples.reserve(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    if (storage::IsStaleMarker(columns.values[i])) continue;
    series.samples.push_back({(*columns.timestamps_ms)[i], columns.values[i]});
  }
  for (size_t i = 0; i < columns.histograms.size(); ++i) {
    if (storage::IsStaleMarker(columns.histograms[i]->sum)) continue;
    series.histograms.push_back({columns.histogram_timestamps_ms[i], columns.histograms[i]});
  }
  return series;
}

bool HasFloats(const StepSeries& series) {
  if (series.histograms.empty()) return true;
  for (size_t s = 0; s < series.present.size(); ++s) {
    if (series.present[s] && series.is_float(s)) return true;
  }
  return false;
}

}  // namespace

int64_t Evaluator::ShiftedTime(const TimeModifiers& modifiers, int64_t time_ms) const {
  switch (modifiers.at) {
    case TimeModifiers::At::kNone:
      break;
    case TimeModifiers::At::kTimestamp:
      time_ms = modifiers.at_ms;
      break;
    case TimeModifiers::At::kStart:
      time_ms = query_grid_.start_ms;
      break;
    case TimeModifiers::At::kEnd:
      time_ms = query_grid_.end_ms;
      break;
  }
  return time_ms - (modifiers.has_offset ? modifiers.offset.ms : 0);
}

WindowGrid Evaluator::Windows(const TimeModifiers& time, int64_t range_ms,
                              const StepGrid& grid) const {
  WindowGrid windows = MakeWindowGrid(grid, range_ms);
  for (int64_t& end_ms : windows.end_ms) end_ms = ShiftedTime(time, end_ms);
  return windows;
}

StepSeries Evaluator::RollupOne(const RollupCall& call, WindowCache* cache,
                                storage::LabelSetView labels, const storage::SampleColumns& columns,
                                RollupTask* task) {
  const WindowGrid& grid = cache->grid();
  StepSeries out(storage::LabelSet(), grid.count());
  // Instant selectors look at stale markers themselves: one ends the series.
  const bool sees_stale = call.function == RollupInstant ||
                          call.function == RollupInstantTimestamp ||
                          call.function == RollupStartTimestamp;
  const bool compact = !sees_stale && HasStaleMarker(columns.values);
  const storage::TimestampColumn& timestamps_ms =
      columns.timestamps_ms == nullptr ? NoTimestamps() : columns.timestamps_ms;
  const bool has_starts = !columns.start_timestamps_ms.empty();
  if (compact) {
    task->timestamps_ms.clear();
    task->values.clear();
    task->start_timestamps_ms.clear();
    for (size_t i = 0; i < columns.size(); ++i) {
      if (storage::IsStaleMarker(columns.values[i])) continue;
      task->timestamps_ms.push_back((*timestamps_ms)[i]);
      task->values.push_back(columns.values[i]);
      if (has_starts) task->start_timestamps_ms.push_back(columns.start_timestamps_ms[i]);
    }
    task->bounds.Compute(grid, task->timestamps_ms);
  }
  const RollupInput input{
      .timestamps_ms = compact ? task->timestamps_ms : *timestamps_ms,
      .values = compact ? task->values : columns.values,
      .grid = grid,
      .windows = compact ? task->bounds : cache->Get(timestamps_ms, &task->windows),
      .parameter = call.parameter,
      .second_parameter = call.second_parameter,
      .start_timestamps_ms = compact ? task->start_timestamps_ms : columns.start_timestamps_ms,
      .scratch = &task->rollup};
  if (has_starts && call.with_starts != nullptr) {
    call.with_starts(input, &out);
    const CounterStarts starts{input.start_timestamps_ms, input.timestamps_ms};
    if (call.of_counter && starts.Overlap(input.windows)) {
      WarnOfOverlappingStarts(labels.metric_name(), call);
    }
  } else {
    call.function(input, &out);
  }
  const bool histograms = !columns.histograms.empty();
  if (histograms) RollHistograms(call, input, columns, labels.metric_name(), task, &out);
  if (QueryTrace* const trace = context_.trace(); trace != nullptr) {
    if (IsInstant(call.function)) {
      task->counter.CountPoints(trace, out);
    } else {
      task->counter.CountWindows(trace, input.windows);
      if (histograms) task->counter.CountWindows(trace, task->histogram_bounds);
    }
  }
  if (!out.has_any()) return out;
  if (call.of_counter && HasFloats(out)) InformOfNonCounter(labels, call, task);
  const QueryFeatures& features = context_.limits().features;
  if (call.keeps_name || features.delayed_name_removal) {
    out.labels = storage::LabelSet(labels);
    out.drops_name = !call.keeps_name;
  } else {
    out.labels = WithoutMetricName(labels);
  }
  return out;
}

void Evaluator::WarnOfOverlappingStarts(std::string_view name, const RollupCall& call) {
  AddPromqlWarning(storage::StrCat("sample has start time that overlaps with previous sample "
                                   "timestamp for metric ",
                                   storage::Quote(name)),
                   PositionText(text_, call.position.begin), &context_);
}

void Evaluator::InformOfNonCounter(storage::LabelSetView labels, const RollupCall& call,
                                   RollupTask* task) {
  const std::string_view name = labels.metric_name();
  if (name.empty() || task->informed_name == name) return;
  std::string text = "metric might not be a counter, ";
  if (context_.limits().features.type_and_unit_labels) {
    const std::string_view type = labels.Get("__type__");
    if (type == "counter" || type == "histogram") return;
    storage::StrAppend(&text, "__type__ label is not set to \"counter\" or \"histogram\", got ",
                       storage::Quote(type), ": ");
  } else {
    if (EndsLikeCounter(name)) return;
    text += "name does not end in _total/_sum/_count/_bucket: ";
  }
  task->informed_name = name;
  AddPromqlInfo(text + storage::Quote(name), PositionText(text_, call.position.begin), &context_);
}

absl::StatusOr<StepVector> Evaluator::RollupSelector(const VectorSelector& selector,
                                                     int64_t range_ms, const RollupCall& call,
                                                     const StepGrid& grid) {
  WindowGrid windows = Windows(selector.time, range_ms, grid);
  if (selector.anchored || selector.smoothed) windows.before_ms = context_.limits().lookback_ms;
  if (selector.smoothed) windows.after_ms = context_.limits().lookback_ms;
  windows.extrapolates = Extrapolates(call.function);
  WindowCache cache(std::move(windows));
  storage::TimeRange range = cache.grid().Covered();
  const bool statistics = plan_.WantsStatistics(selector);
  // The histogram before the first one says whether that follows a reset.
  if (statistics) range.begin -= context_.limits().lookback_ms;
  VARVE_ASSIGN_OR_RETURN(const auto selection, SelectSeries(selector, range));
  VARVE_RETURN_IF_ERROR(context_.ChargeSeries(selection->size()));
  StepVector output(selection->size());
  SampleHold hold;
  VARVE_RETURN_IF_ERROR(hold.Set(&context_, output.size() * grid.count()));
  MadeHistograms made;
  const bool reads_starts =
      call.function == RollupStartTimestamp ||
      (call.with_starts != nullptr && context_.limits().features.use_start_timestamps);
  const size_t per_task = std::clamp(output.size() / kTasks, kSeriesPerTaskMin, kSeriesPerTaskMax);
  const auto roll_some = [&](size_t index) -> absl::Status {
    VARVE_RETURN_IF_ERROR(context_.CheckAlive());
    AliveCheck alive(&context_);
    RollupTask task;
    const std::unique_ptr<storage::MetricReader> reader = selection->NewReader();
    const size_t last = std::min(output.size(), (index + 1) * per_task);
    for (size_t i = index * per_task; i < last; ++i) {
      VARVE_RETURN_IF_ERROR(reader->Read(i, range, &task.columns));
      if (reads_starts) {
        VARVE_RETURN_IF_ERROR(selection->ReadStartTimestamps(i, range, &task.columns));
      }
      const uint64_t samples = Weight(task.columns);
      context_.stats().samples.fetch_add(samples, std::memory_order_relaxed);
      if (samples == 0) continue;
      AdjustResetHints(call, statistics, &task.columns);
      SampleHold decoded;
      VARVE_RETURN_IF_ERROR(decoded.Set(&context_, samples));
      output[i] = RollupOne(call, &cache, selection->labels(i), task.columns, &task);
      VARVE_RETURN_IF_ERROR(made.Charge(output[i], &context_));
      VARVE_RETURN_IF_ERROR(alive.After(samples + grid.count()));
    }
    return absl::OkStatus();
  };
  const size_t tasks = (output.size() + per_task - 1) / per_task;
  VARVE_RETURN_IF_ERROR(context_.ParallelFor(tasks, roll_some));
  made.Release(&context_);
  DropEmptySeries(&output);
  if (!call.keeps_name && !SelectsOneMetric(selector)) {
    VARVE_RETURN_IF_ERROR(CheckDistinctLabels(output));
  }
  return output;
}

absl::StatusOr<StepVector> Evaluator::EvaluateSelector(const VectorSelector& selector,
                                                       Rollup function, bool keeps_name,
                                                       const StepGrid& grid) {
  RollupCall call;
  call.function = function;
  call.histograms = function == RollupInstantTimestamp ? HistogramInstantTimestamp
                    : function == RollupStartTimestamp ? HistogramStartTimestamp
                                                       : HistogramInstant;
  call.keeps_name = keeps_name;
  call.position = selector.position;
  int64_t range_ms = context_.limits().lookback_ms;
  if (selector.smoothed && function == RollupInstant) {
    call.function = RollupSmoothedInstant;
    call.histograms = HistogramSmoothedInstant;
    range_ms = 0;  // the lookback lies outside of the window, on both sides
  }
  return RollupSelector(selector, range_ms, call, grid);
}

absl::StatusOr<StepVector> Evaluator::RollupArgument(const Expr& argument, const RollupCall& call,
                                                     const StepGrid& grid) {
  const Expr& range = StripParens(argument);
  OperatorScope operation(context_.trace(), context_.trace() ? OperatorName(range) : "");
  VectorResultOr rolled = range.kind == ExprKind::kSubquery
                              ? RollupSubquery(As<SubqueryExpr>(range), call, grid)
                              : RollupSelector(*As<MatrixSelector>(range).selector,
                                               As<MatrixSelector>(range).range.ms, call, grid);
  if (rolled.ok()) operation.SetResult(rolled->size(), grid.count());
  return rolled;
}

absl::StatusOr<std::vector<Evaluator::RawSeries>> Evaluator::SubqueryPoints(
    const SubqueryExpr& subquery, const WindowGrid& windows, int64_t end_ms, bool is_result) {
  const int64_t step_ms = subquery.has_step ? subquery.step.ms : context_.limits().subquery_step_ms;
  // The inner steps are the multiples of the step inside the windows, and up to the end that was
  // asked for: what goes wrong there is told, too.
  const int64_t left = windows.end_ms.front() - windows.range_ms;
  StepGrid inner;
  inner.step_ms = step_ms;
  inner.start_ms = (storage::FloorDivide(left, step_ms) + 1) * step_ms;
  inner.end_ms = std::max(windows.end_ms.back(), ShiftedTime(subquery.time, end_ms));
  const size_t steps = inner.count();
  if (steps == 0) return std::vector<RawSeries>();
  // The steps themselves take memory, however few series there are.
  SampleHold hold;
  VARVE_RETURN_IF_ERROR(hold.Set(&context_, steps));
  const SampleScope samples(context_.trace(), 1, SampleScope::Use::kSubquery);
  VARVE_ASSIGN_OR_RETURN(EvaluatedValue value, Evaluate(*subquery.expr, inner));
  if (subquery.expr->type() == ValueType::kScalar) {
    StepSeries series(storage::LabelSet(), steps);
    series.values = std::move(value.scalar);
    std::fill(series.present.begin(), series.present.end(), 1);
    value.vector.push_back(std::move(series));
  }
  if (is_result) VARVE_RETURN_IF_ERROR(RemoveMarkedNames(&value.vector));
  std::vector<int64_t> all;
  all.reserve(steps);
  for (size_t s = 0; s < steps; ++s) all.push_back(inner.time_ms(s));
  const auto shared = std::make_shared<const std::vector<int64_t>>(std::move(all));
  std::vector<RawSeries> points(value.vector.size());
  const auto take_some = [&](size_t index) -> absl::Status {
    AliveCheck alive(&context_);
    const size_t last = std::min(points.size(), (index + 1) * kSeriesPerTaskMin);
    for (size_t i = index * kSeriesPerTaskMin; i < last; ++i) {
      StepSeries& series = value.vector[i];
      const auto count =
          static_cast<size_t>(std::count(series.present.begin(), series.present.end(), uint8_t{1}));
      if (count == 0) continue;
      points[i].labels = std::move(series.labels);
      points[i].drops_name = series.drops_name;
      TakeSamples(&series, count, shared, &points[i].columns);
      VARVE_RETURN_IF_ERROR(alive.After(steps));
    }
    return absl::OkStatus();
  };
  const size_t tasks = (points.size() + kSeriesPerTaskMin - 1) / kSeriesPerTaskMin;
  VARVE_RETURN_IF_ERROR(context_.ParallelFor(tasks, take_some));
  std::erase_if(points, [](const RawSeries& raw) { return raw.columns.timestamps_ms == nullptr; });
  return points;
}

absl::StatusOr<StepVector> Evaluator::RollupSubquery(const SubqueryExpr& subquery,
                                                     const RollupCall& call, const StepGrid& grid) {
  WindowGrid windows = Windows(subquery.time, subquery.range.ms, grid);
  windows.extrapolates = Extrapolates(call.function);
  WindowCache cache(std::move(windows));
  VARVE_ASSIGN_OR_RETURN(std::vector<RawSeries> points,
                         SubqueryPoints(subquery, cache.grid(), grid.end_ms, false));
  uint64_t held = 0;
  for (const RawSeries& raw : points) held += Weight(raw.columns) + grid.count();
  SampleHold hold;
  VARVE_RETURN_IF_ERROR(hold.Set(&context_, held));
  StepVector output(points.size());
  MadeHistograms made;
  const auto roll_some = [&](size_t index) -> absl::Status {
    VARVE_RETURN_IF_ERROR(context_.CheckAlive());
    AliveCheck alive(&context_);
    RollupTask task;
    const size_t last = std::min(output.size(), (index + 1) * kSeriesPerTaskMin);
    for (size_t i = index * kSeriesPerTaskMin; i < last; ++i) {
      task.counter.set_of_subquery();
      task.columns = std::move(points[i].columns);
      output[i] = RollupOne(call, &cache, points[i].labels, task.columns, &task);
      output[i].drops_name |= points[i].drops_name;
      VARVE_RETURN_IF_ERROR(made.Charge(output[i], &context_));
      VARVE_RETURN_IF_ERROR(alive.After(task.columns.size() + grid.count()));
    }
    return absl::OkStatus();
  };
  const size_t tasks = (output.size() + kSeriesPerTaskMin - 1) / kSeriesPerTaskMin;
  VARVE_RETURN_IF_ERROR(context_.ParallelFor(tasks, roll_some));
  made.Release(&context_);
  DropEmptySeries(&output);
  if (!call.keeps_name) VARVE_RETURN_IF_ERROR(CheckDistinctLabels(output));
  return output;
}

absl::StatusOr<MatrixResult> Evaluator::EvaluateMatrix(const Expr& expr, int64_t time_ms) {
  const StepGrid grid{time_ms, time_ms, 1};
  MatrixResult result;
  if (expr.kind == ExprKind::kSubquery) {
    const auto& subquery = As<SubqueryExpr>(expr);
    const WindowGrid windows = Windows(subquery.time, subquery.range.ms, grid);
    VARVE_ASSIGN_OR_RETURN(const std::vector<RawSeries> points,
                           SubqueryPoints(subquery, windows, time_ms, true));
    for (const RawSeries& raw : points) {
      result.series.push_back(RawResult(raw.labels, raw.columns));
    }
  } else {
    const auto& matrix = As<MatrixSelector>(expr);
    const storage::TimeRange range =
        Windows(matrix.selector->time, matrix.range.ms, grid).Covered();
    VARVE_ASSIGN_OR_RETURN(const auto selection, SelectSeries(*matrix.selector, range));
    VARVE_RETURN_IF_ERROR(context_.ChargeSeries(selection->size()));
    storage::SampleColumns columns;
    for (size_t i = 0; i < selection->size(); ++i) {
      VARVE_RETURN_IF_ERROR(context_.CheckAlive());
      VARVE_RETURN_IF_ERROR(selection->Read(i, range, &columns));
      context_.stats().samples.fetch_add(Weight(columns), std::memory_order_relaxed);
      VARVE_RETURN_IF_ERROR(context_.ChargeSamples(Weight(columns)));  // until the query ends
      MatrixResult::Series series = RawResult(storage::LabelSet(selection->labels(i)), columns);
      if (!series.samples.empty() || !series.histograms.empty()) {
        result.series.push_back(std::move(series));
      }
      if (QueryTrace* const trace = context_.trace(); trace != nullptr) {
        const uint64_t samples = series.samples.size() + series.histograms.size();
        trace->AddSamples({{samples, samples}});
      }
    }
  }
  std::sort(result.series.begin(), result.series.end(),
            [](const auto& a, const auto& b) { return a.labels < b.labels; });
  return result;
}

}  // namespace varve::query
