#include "query/logql/range_series.h"

#include <algorithm>
#include <span>
#include <utility>

#include "query/logql/sample_order.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::LabelSet;
using storage::StrCat;

constexpr double kNanosecondsPerSecond = 1e9;

// Fills the column of a counted series.
void FinishCounts(const RangeJob& job, const SeriesAccumulator& from, StepSeries* series) {
  const double seconds = static_cast<double>(job.expr.range.range_ns) / kNanosecondsPerSecond;
  int64_t entries = 0;
  int64_t amount = 0;
  for (size_t step = 0; step < job.steps.count; ++step) {
    entries += from.entries[step];
    if (!from.amounts.empty()) amount += from.amounts[step];
    if (entries == 0) continue;
    switch (job.expr.function) {
      case RangeFunction::kRate:
        series->Set(step, static_cast<double>(entries) / seconds);
        break;
      case RangeFunction::kBytes:
        series->Set(step, static_cast<double>(amount));
        break;
      case RangeFunction::kBytesRate:
        series->Set(step, static_cast<double>(amount) / seconds);
        break;
      default:
        series->Set(step, static_cast<double>(entries));
        break;
    }
  }
}

Window WindowOf(const RangeJob& job, size_t step) {
  Window window;
  window.end_ns = SaturatingSubtract(job.steps.time_ns(step), job.expr.range.offset_ns);
  window.start_ns = SaturatingSubtract(window.end_ns, job.expr.range.range_ns);
  return window;
}

// Fills the column of an unwrapped series whose integers were added up.
void FinishSums(const RangeJob& job, const SeriesAccumulator& from, StepSeries* series) {
  int64_t entries = 0;
  int64_t amount = 0;
  for (size_t step = 0; step < job.steps.count; ++step) {
    entries += from.entries[step];
    amount += from.amounts[step];
    if (entries == 0) continue;
    const LogSample sum{.timestamp_ns = 0, .value = static_cast<double>(amount)};
    Window window = WindowOf(job, step);
    window.samples = std::span(&sum, 1);
    series->Set(step, ApplyWindowFunction(job.expr.function, 0, window, nullptr));
  }
}

// Fills the column of an unwrapped series: a window that slides over its samples.
absl::Status FinishSamples(const RangeJob& job, std::vector<LogSample> samples,
                           StepSeries* series) {
  SortByTime(&samples);
  std::vector<double> scratch;
  size_t begin = 0;
  size_t end = 0;
  for (size_t step = 0; step < job.steps.count; ++step) {
    Window window = WindowOf(job, step);
    while (end < samples.size() && samples[end].timestamp_ns <= window.end_ns) ++end;
    while (begin < end && samples[begin].timestamp_ns <= window.start_ns) ++begin;
    if (begin == end) continue;
    if (step % 64 == 0) VARVE_RETURN_IF_ERROR(job.context->CheckAlive());
    window.samples = std::span(samples).subspan(begin, end - begin);
    series->Set(step, ApplyWindowFunction(job.expr.function, job.expr.parameter, window, &scratch));
  }
  return absl::OkStatus();
}

// One series of ones where no entry was found, named by the selector's equalities.
StepVector FinishAbsent(const RangeJob& job, const std::vector<SeriesAccumulator>& found) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  const std::vector<storage::Matcher>& matchers = job.expr.range.log.matchers;
  for (const storage::Matcher& matcher : matchers) {
    const auto same_name = std::count_if(
        matchers.begin(), matchers.end(),
        [&](const storage::Matcher& other) { return other.name() == matcher.name(); });
    if (matcher.type() == storage::MatchType::kEqual && same_name == 1) {
      pairs.emplace_back(matcher.name(), matcher.value());
    }
  }
  StepSeries series(LabelSet::FromPairs(std::move(pairs)), job.steps.count);
  std::vector<int64_t> entries(job.steps.count + 1);
  for (const SeriesAccumulator& accumulator : found) {
    for (size_t i = 0; i < entries.size(); ++i) entries[i] += accumulator.entries[i];
  }
  int64_t present = 0;
  for (size_t step = 0; step < job.steps.count; ++step) {
    present += entries[step];
    if (present == 0) series.Set(step, 1);
  }
  StepVector result;
  result.push_back(std::move(series));
  return result;
}

}  // namespace

absl::Status PipelineError(const LabelSet& labels) {
  const std::string_view error = labels.Get(kErrorLabel);
  return absl::InvalidArgumentError(StrCat(
      "pipeline error: '", error, "' for series: '", labels.ToString(),
      "'.\nUse a label filter to intentionally skip this error. (e.g | __error__!=\"", error,
      "\").\nTo skip all potential errors you can match empty errors.(e.g __error__=\"\")\nThe "
      "label filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" "
      ")\n"));
}

absl::StatusOr<StepVector> FinishSeries(const RangeJob& job, std::vector<SeriesAccumulator> found) {
  if (job.absent()) return FinishAbsent(job, found);
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.labels < b.labels; });
  StepVector result(found.size());
  const absl::Status finished = job.context->ParallelFor(found.size(), [&](size_t i) {
    const bool has_error = found[i].labels.Has(kErrorLabel);
    result[i] = StepSeries(std::move(found[i].labels), job.steps.count);
    if (job.keeps_samples()) {
      absl::Status status = FinishSamples(job, std::move(found[i].samples), &result[i]);
      if (!status.ok()) return status;
    } else if (job.adds_integers) {
      FinishSums(job, found[i], &result[i]);
    } else {
      FinishCounts(job, found[i], &result[i]);
    }
    if (has_error && result[i].has_any()) return PipelineError(result[i].labels);
    return absl::OkStatus();
  });
  if (!finished.ok()) return finished;
  return result;
}

}  // namespace varve::query
