#include "query/engine/classic_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/container/flat_hash_map.h"
#include "query/engine/annotations.h"
#include "query/engine/number_format.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Differences between buckets that rate() over the same scrapes makes by rounding alone.
constexpr double kRoundingTolerance = 1e-12;

bool AlmostEqual(double a, double b, double tolerance) {
  if (a == b) return true;
  const double sum = std::abs(a) + std::abs(b);
  const double difference = std::abs(a - b);
  constexpr double kMinNormal = std::numeric_limits<double>::min();
  if (a == 0 || b == 0 || sum < kMinNormal) return difference < tolerance * kMinNormal;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < tolerance;
}

void MergeEqualBounds(std::vector<Bucket>* buckets) {
  size_t last = 0;
  for (size_t i = 1; i < buckets->size(); ++i) {
    if ((*buckets)[i].upper_bound == (*buckets)[last].upper_bound) {
      (*buckets)[last].count += (*buckets)[i].count;
    } else {
      (*buckets)[++last] = (*buckets)[i];
    }
  }
  buckets->resize(last + 1);
}

// A bucket counts everything below it too, so a smaller count than the one before cannot be.
bool ForceMonotonic(std::vector<Bucket>* buckets) {
  bool forced = false;
  double before = buckets->front().count;
  for (size_t i = 1; i < buckets->size(); ++i) {
    double& count = (*buckets)[i].count;
    if (count == before) continue;
    if (AlmostEqual(before, count, kRoundingTolerance)) {
      count = before;
    } else if (count < before) {
      count = before;
      forced = true;
    } else {
      before = count;
    }
  }
  return forced;
}

struct Kinds {
  bool floats = false;
  bool histograms = false;
};

Kinds KindsOf(const StepSeries& series) {
  if (series.histograms.empty()) return {series.has_any(), false};
  Kinds kinds;
  for (size_t s = 0; s < series.present.size(); ++s) {
    if (series.present[s]) (series.is_float(s) ? kinds.floats : kinds.histograms) = true;
  }
  return kinds;
}

void WarnOfBucketLabel(std::string_view name, std::string_view bound, std::string_view position,
                       QueryContext* context) {
  std::string text =
      storage::StrCat("bucket label ", storage::Quote(kBucketLabel),
                      " is missing or has a malformed value of ", storage::Quote(bound));
  if (!name.empty()) storage::StrAppend(&text, " for metric name ", storage::Quote(name));
  AddPromqlWarning(text, position, context);
}

}  // namespace

double BucketQuantile(double share, std::vector<Bucket>* buckets, bool* forced_monotonic) {
  if (std::isnan(share)) return kNan;
  if (share < 0) return -kInfinity;
  if (share > 1) return kInfinity;
  if (buckets->empty() || buckets->back().upper_bound != kInfinity) return kNan;
  MergeEqualBounds(buckets);
  if (ForceMonotonic(buckets)) *forced_monotonic = true;
  const std::vector<Bucket>& b = *buckets;
  if (b.size() < 2) return kNan;
  const double observations = b.back().count;
  if (observations == 0) return kNan;
  double rank = share * observations;
  const auto found = std::partition_point(b.begin(), b.end() - 1,
                                          [rank](const Bucket& x) { return !(x.count >= rank); });
  const auto i = static_cast<size_t>(found - b.begin());
  if (i == b.size() - 1) return b[b.size() - 2].upper_bound;
  if (i == 0 && b[0].upper_bound <= 0) return b[0].upper_bound;
  double start = 0;
  double count = b[i].count;
  if (i > 0) {
    start = b[i - 1].upper_bound;
    count -= b[i - 1].count;
    rank -= b[i - 1].count;
  }
  return start + (b[i].upper_bound - start) * (rank / count);
}

double BucketFraction(double lower, double upper, std::vector<Bucket>* buckets) {
  if (buckets->empty() || buckets->back().upper_bound != kInfinity) return kNan;
  MergeEqualBounds(buckets);
  const double observations = buckets->back().count;
  if (observations == 0 || std::isnan(lower) || std::isnan(upper)) return kNan;
  if (lower >= upper) return 0;
  // How many observations lie below `edge`, interpolated inside its bucket.
  const auto rank_of = [&](double edge) {
    double rank = 0;
    for (size_t i = 0; i < buckets->size(); ++i) {
      const Bucket& bucket = (*buckets)[i];
      const double start = i > 0                    ? (*buckets)[i - 1].upper_bound
                           : bucket.upper_bound > 0 ? 0
                                                    : -kInfinity;
      if (start >= edge) return std::min(rank, observations);
      if (bucket.upper_bound > edge) {
        // Nothing is known of how far down it reaches: it counts whole.
        if (std::isinf(start)) return std::min(bucket.count, observations);
        if (std::isinf(bucket.upper_bound)) return std::min(rank, observations);
        rank += (bucket.count - rank) * (edge - start) / (bucket.upper_bound - start);
        return std::min(rank, observations);
      }
      rank = bucket.count;
    }
    return observations;
  };
  return (rank_of(upper) - rank_of(lower)) / observations;
}

void ClassicHistogram::At(size_t step, std::vector<Bucket>* at) const {
  at->clear();
  for (const BucketSeries& bucket : buckets) {
    if (bucket.series->present[step] && bucket.series->is_float(step)) {
      at->push_back({bucket.upper_bound, bucket.series->values[step]});
    }
  }
}

bool ClassicHistogram::has_any_at(size_t step) const {
  return std::any_of(buckets.begin(), buckets.end(), [step](const BucketSeries& bucket) {
    return bucket.series->present[step] && bucket.series->is_float(step);
  });
}

HistogramVector CollectHistograms(const StepVector& vector, std::string_view position,
                                  QueryContext* context) {
  HistogramVector histograms;
  absl::flat_hash_map<storage::LabelSet, size_t> positions;  // by the labels without `le`
  for (const StepSeries& series : vector) {
    const Kinds kinds = KindsOf(series);
    if (kinds.histograms) {
      histograms.native.push_back({series.labels, series.labels.metric_name(), &series});
    }
    if (!kinds.floats) continue;
    const std::string_view bound_text = series.labels.Get(kBucketLabel);
    double bound = 0;
    if (!ParseFloat(bound_text, &bound)) {
      WarnOfBucketLabel(series.labels.metric_name(), bound_text, position, context);
      continue;
    }
    storage::LabelSet key = series.labels.Without(kBucketLabel);
    const auto [found, inserted] = positions.try_emplace(std::move(key), histograms.classic.size());
    if (inserted) {
      histograms.classic.push_back({found->first, series.labels.metric_name(), {}});
    }
    histograms.classic[found->second].buckets.push_back({bound, &series});
  }
  for (ClassicHistogram& histogram : histograms.classic) {
    std::stable_sort(
        histogram.buckets.begin(), histogram.buckets.end(),
        [](const ClassicHistogram::BucketSeries& a, const ClassicHistogram::BucketSeries& b) {
          return a.upper_bound < b.upper_bound;
        });
  }
  for (size_t i = 0; i < histograms.native.size(); ++i) {
    const auto found = positions.find(histograms.native[i].series->labels);
    if (found != positions.end()) histograms.same.emplace_back(found->second, i);
  }
  return histograms;
}

}  // namespace varve::query
