// Functions of histograms, native ones and classic ones: floats, one series per bucket.
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "query/engine/annotations.h"
#include "query/engine/classic_histogram.h"
#include "query/engine/histogram_statistics.h"
#include "query/engine/name_removal.h"
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

// `text`, and of which metric where that is known.
std::string OfMetric(std::string text, std::string_view name) {
  if (!name.empty()) storage::StrAppend(&text, " for metric name ", storage::Quote(name));
  return text;
}

void InformOfForcedMonotonicity(std::string_view name, std::string_view position,
                                QueryContext* context) {
  AddPromqlInfo(OfMetric("input to histogram_quantile needed to be fixed for monotonicity (see "
                         "https://prometheus.io/docs/prometheus/latest/querying/functions/"
                         "#histogram_quantile)",
                         name),
                position, context);
}

void InformOfNan(NanEffect effect, std::string_view name, std::string_view position,
                 QueryContext* context) {
  std::string text = "input to histogram_quantile has NaN observations, result is NaN";
  if (effect == NanEffect::kSkewedHigher) {
    text = "input to histogram_quantile has NaN observations, result is skewed higher";
  } else if (effect == NanEffect::kExcluded) {
    text =
        "input to histogram_fraction has NaN observations, which are excluded from all fractions";
  }
  AddPromqlInfo(OfMetric(std::move(text), name), position, context);
}

// The histograms of both kinds that a function is called with.
class Histograms {
 public:
  Histograms(const StepVector& input, size_t steps, std::string position, QueryContext* context)
      : found_(CollectHistograms(input, position, context)),
        steps_(steps),
        position_(std::move(position)),
        context_(*context) {
    for (const auto& [classic, native] : found_.same) {
      bool told = false;
      for (size_t s = 0; s < steps; ++s) {
        const bool both =
            found_.classic[classic].has_any_at(s) && found_.native[native].has_any_at(s);
        if (!both) continue;
        left_out_.insert({classic, s});
        left_out_.insert({found_.classic.size() + native, s});
        if (told) continue;
        told = true;
        AddPromqlWarning(OfMetric("vector contains a mix of classic and native histograms",
                                  found_.native[native].metric_name),
                         position_, &context_);
      }
    }
  }

  // A series for each histogram, of what classic(histogram, step, buckets) or native(histogram,
  // step, effect) gives. Several are evaluated at a time.
  template <typename Classic, typename Native>
  absl::StatusOr<StepVector> Map(Classic classic, Native native) const {
    const size_t count = found_.classic.size() + found_.native.size();
    StepVector output(count);
    const auto map_some = [&](size_t task) -> absl::Status {
      VARVE_RETURN_IF_ERROR(context_.CheckAlive());
      const size_t last = std::min(count, (task + 1) * kHistogramsPerTask);
      for (size_t i = task * kHistogramsPerTask; i < last; ++i) {
        output[i] = i < found_.classic.size() ? MapClassic(i, classic) : MapNative(i, native);
        DropMetricName(context_.limits().features, &output[i]);
      }
      return absl::OkStatus();
    };
    VARVE_RETURN_IF_ERROR(
        context_.ParallelFor((count + kHistogramsPerTask - 1) / kHistogramsPerTask, map_some));
    VARVE_RETURN_IF_ERROR(MergeSameLabels(&output));
    return output;
  }

  absl::StatusOr<StepVector> Quantiles(const ScalarColumn& shares) const {
    return Map(
        [&](const ClassicHistogram& histogram, size_t step, std::vector<Bucket>* buckets) {
          bool forced = false;
          const double value = BucketQuantile(shares[step], buckets, &forced);
          if (forced) InformOfForcedMonotonicity(histogram.metric_name, position_, &context_);
          return value;
        },
        [&](const storage::Histogram& histogram, size_t step, NanEffect* effect) {
          return HistogramQuantile(shares[step], histogram, effect);
        });
  }

  bool has_label(std::string_view label) const {
    const auto has = [label](const auto& histogram) { return histogram.labels.Has(label); };
    return std::any_of(found_.classic.begin(), found_.classic.end(), has) ||
           std::any_of(found_.native.begin(), found_.native.end(), has);
  }

 private:
  bool IsLeftOut(size_t i, size_t step) const {
    return !left_out_.empty() && left_out_.contains({i, step});
  }

  template <typename Classic>
  StepSeries MapClassic(size_t i, Classic classic) const {
    const ClassicHistogram& histogram = found_.classic[i];
    StepSeries out(histogram.labels, steps_);
    std::vector<Bucket> buckets;
    for (size_t s = 0; s < steps_; ++s) {
      if (IsLeftOut(i, s)) continue;
      histogram.At(s, &buckets);
      if (!buckets.empty()) out.Set(s, classic(histogram, s, &buckets));
    }
    return out;
  }

  template <typename Native>
  StepSeries MapNative(size_t i, Native native) const {
    const NativeHistogram& histogram = found_.native[i - found_.classic.size()];
    StepSeries out(histogram.labels, steps_);
    NanEffect told = NanEffect::kNone;
    for (size_t s = 0; s < steps_; ++s) {
      if (!histogram.has_any_at(s) || IsLeftOut(i, s)) continue;
      NanEffect effect = NanEffect::kNone;
      out.Set(s, native(*histogram.series->histograms[s], s, &effect));
      if (effect == NanEffect::kNone || effect == told) continue;
      told = effect;
      InformOfNan(effect, histogram.metric_name, position_, &context_);
    }
    return out;
  }

  const HistogramVector found_;
  const size_t steps_;
  const std::string position_;
  QueryContext& context_;
  absl::flat_hash_set<std::pair<size_t, size_t>> left_out_;  // (histogram, step)
};

// As the OpenMetrics text format writes it: whole numbers have a point too.
std::string OpenMetricsFloat(double value) {
  std::string text;
  AppendGeneralFloat(value, &text);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

double (*FindStatistic(FunctionId id))(const storage::Histogram&) {
  switch (id) {
    case FunctionId::kHistogramAvg:
      return HistogramAverage;
    case FunctionId::kHistogramCount:
      return [](const storage::Histogram& histogram) { return histogram.count; };
    case FunctionId::kHistogramStddev:
      return [](const storage::Histogram& h) { return std::sqrt(HistogramVariance(h)); };
    case FunctionId::kHistogramStdvar:
      return HistogramVariance;
    default:
      return [](const storage::Histogram& histogram) { return histogram.sum; };
  }
}

}  // namespace

absl::StatusOr<StepVector> Evaluator::HistogramQuantileCall(const Call& call,
                                                            const StepGrid& grid) {
  VARVE_ASSIGN_OR_RETURN(const ScalarColumn shares, EvaluateScalar(*call.arguments[0], grid));
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(const StepVector input, EvaluateVector(*call.arguments[1], grid, &hold));
  WarnOfShares(shares, Position(*call.arguments[0]), &context_);
  return Histograms(input, grid.count(), Position(*call.arguments[1]), &context_).Quantiles(shares);
}

absl::StatusOr<StepVector> Evaluator::HistogramQuantilesCall(const Call& call,
                                                             const StepGrid& grid) {
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(const StepVector input, EvaluateVector(*call.arguments[0], grid, &hold));
  const std::string label(StringArgument(call, 1));
  const Histograms histograms(input, grid.count(), Position(*call.arguments[0]), &context_);
  if (histograms.has_label(label)) return DuplicateLabelsError();
  StepVector output;
  for (size_t i = 2; i < call.arguments.size(); ++i) {
    VARVE_ASSIGN_OR_RETURN(const ScalarColumn shares, EvaluateScalar(*call.arguments[i], grid));
    WarnOfShares(shares, Position(*call.arguments[i]), &context_);
    VARVE_ASSIGN_OR_RETURN(StepVector quantiles, histograms.Quantiles(shares));
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
        out.drops_name = series.drops_name;
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
  return Histograms(input, grid.count(), Position(*call.arguments[2]), &context_)
      .Map(
          [&](const ClassicHistogram&, size_t step, std::vector<Bucket>* buckets) {
            return BucketFraction(lower[step], upper[step], buckets);
          },
          [&](const storage::Histogram& histogram, size_t step, NanEffect* effect) {
            return HistogramFraction(lower[step], upper[step], histogram, effect);
          });
}

absl::StatusOr<StepVector> Evaluator::HistogramStatisticCall(const Call& call,
                                                             const StepGrid& grid) {
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(StepVector vector, EvaluateVector(*call.arguments[0], grid, &hold));
  double (*const statistic)(const storage::Histogram&) = FindStatistic(call.function->id);
  for (StepSeries& series : vector) {
    for (size_t s = 0; s < series.present.size(); ++s) {
      if (!series.present[s]) continue;
      if (series.is_float(s)) {
        series.present[s] = 0;
      } else {
        series.values[s] = statistic(*series.histograms[s]);
      }
    }
    series.histograms.clear();
    DropMetricName(context_.limits().features, &series);
  }
  VARVE_RETURN_IF_ERROR(MergeSameLabels(&vector));
  return vector;
}

}  // namespace varve::query
