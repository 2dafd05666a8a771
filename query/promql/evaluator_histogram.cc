// Functions of histograms. Floats come as classic histograms, one series per bucket.
#include <algorithm>
#include <cmath>
#include <utility>

#include "query/engine/annotations.h"
#include "query/engine/classic_histogram.h"
#include "query/engine/number_format.h"
#include "query/promql/evaluator.h"
#include "query/promql/functions_table.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

constexpr size_t kHistogramsPerTask = 8;

void WarnOfShares(const ScalarColumn& shares, std::string_view position, QueryContext* context) {
  for (size_t s = 0; s < shares.size(); ++s) {
    if (shares[s] >= 0 && shares[s] <= 1) continue;
    if (s > 0 && shares[s] == shares[s - 1]) continue;
    WarnInvalidQuantile(shares[s], position, context);
  }
}

void InformOfForcedMonotonicity(std::string_view name, std::string_view position,
                                QueryContext* context) {
  std::string text =
      "input to histogram_quantile needed to be fixed for monotonicity (see "
      "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";
  if (!name.empty()) storage::StrAppend(&text, " for metric name ", storage::Quote(name));
  AddPromqlInfo(text, position, context);
}

// Calls value(step, buckets, series) for each step of each histogram, several at a time, and makes
// a series of the answers.
template <typename Value>
absl::StatusOr<StepVector> EachHistogram(const std::vector<ClassicHistogram>& histograms,
                                         size_t steps, QueryContext* context, Value value) {
  StepVector output(histograms.size());
  const auto evaluate_some = [&](size_t task) -> absl::Status {
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    std::vector<Bucket> buckets;
    const size_t last = std::min(histograms.size(), (task + 1) * kHistogramsPerTask);
    for (size_t i = task * kHistogramsPerTask; i < last; ++i) {
      output[i] = StepSeries(histograms[i].labels, steps);
      for (size_t s = 0; s < steps; ++s) {
        histograms[i].At(s, &buckets);
        if (!buckets.empty()) output[i].Set(s, value(histograms[i], s, &buckets));
      }
    }
    return absl::OkStatus();
  };
  VARVE_RETURN_IF_ERROR(context->ParallelFor(
      (histograms.size() + kHistogramsPerTask - 1) / kHistogramsPerTask, evaluate_some));
  VARVE_RETURN_IF_ERROR(MergeSameLabels(&output));
  return output;
}

absl::StatusOr<StepVector> Quantiles(const std::vector<ClassicHistogram>& histograms,
                                     const ScalarColumn& shares, std::string_view position,
                                     QueryContext* context) {
  return EachHistogram(
      histograms, shares.size(), context,
      [&](const ClassicHistogram& histogram, size_t step, std::vector<Bucket>* buckets) {
        bool forced = false;
        const double value = BucketQuantile(shares[step], buckets, &forced);
        if (forced) {
          InformOfForcedMonotonicity(histogram.metric_name, position, context);
        }
        return value;
      });
}

// As the OpenMetrics text format writes it: whole numbers have a point too.
std::string OpenMetricsFloat(double value) {
  std::string text;
  AppendGeneralFloat(value, &text);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

absl::StatusOr<StepVector> Evaluator::HistogramQuantileCall(const Call& call,
                                                            const StepGrid& grid) {
  VARVE_ASSIGN_OR_RETURN(const ScalarColumn shares, EvaluateScalar(*call.arguments[0], grid));
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(const StepVector input, EvaluateVector(*call.arguments[1], grid, &hold));
  WarnOfShares(shares, Position(*call.arguments[0]), &context_);
  const std::string position = Position(*call.arguments[1]);
  return Quantiles(CollectHistograms(input, position, &context_), shares, position, &context_);
}

absl::StatusOr<StepVector> Evaluator::HistogramQuantilesCall(const Call& call,
                                                             const StepGrid& grid) {
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(const StepVector input, EvaluateVector(*call.arguments[0], grid, &hold));
  const std::string label(StringArgument(call, 1));
  const std::string position = Position(*call.arguments[0]);
  const std::vector<ClassicHistogram> histograms = CollectHistograms(input, position, &context_);
  for (const ClassicHistogram& histogram : histograms) {
    if (histogram.labels.Has(label)) return DuplicateLabelsError();
  }
  StepVector output;
  for (size_t i = 2; i < call.arguments.size(); ++i) {
    VARVE_ASSIGN_OR_RETURN(const ScalarColumn shares, EvaluateScalar(*call.arguments[i], grid));
    WarnOfShares(shares, Position(*call.arguments[i]), &context_);
    VARVE_ASSIGN_OR_RETURN(StepVector quantiles,
                           Quantiles(histograms, shares, position, &context_));
    for (StepSeries& series : quantiles) {
      // The share may change from step to step; each of its values labels a series of its own.
      std::vector<uint8_t> left = std::move(series.present);
      for (size_t s = 0; s < shares.size(); ++s) {
        if (!left[s]) continue;
        StepSeries out(series.labels.With(label, OpenMetricsFloat(shares[s])), shares.size());
        for (size_t k = s; k < shares.size(); ++k) {
          const bool same =
              shares[k] == shares[s] || (std::isnan(shares[k]) && std::isnan(shares[s]));
          if (!left[k] || !same) continue;
          out.Set(k, series.values[k]);
          left[k] = 0;
        }
        output.push_back(std::move(out));
      }
    }
  }
  VARVE_RETURN_IF_ERROR(MergeSameLabels(&output));
  return output;
}

absl::StatusOr<StepVector> Evaluator::HistogramFractionCall(const Call& call,
                                                            const StepGrid& grid) {
  VARVE_ASSIGN_OR_RETURN(const ScalarColumn lower, EvaluateScalar(*call.arguments[0], grid));
  VARVE_ASSIGN_OR_RETURN(const ScalarColumn upper, EvaluateScalar(*call.arguments[1], grid));
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(const StepVector input, EvaluateVector(*call.arguments[2], grid, &hold));
  const std::string position = Position(*call.arguments[2]);
  return EachHistogram(CollectHistograms(input, position, &context_), grid.count(), &context_,
                       [&](const ClassicHistogram&, size_t step, std::vector<Bucket>* buckets) {
                         return BucketFraction(lower[step], upper[step], buckets);
                       });
}

}  // namespace varve::query
