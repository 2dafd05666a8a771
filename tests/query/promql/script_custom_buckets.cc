#include "tests/query/promql/script_custom_buckets.h"

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "query/engine/number_format.h"

namespace varve::tests {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What the series of one classic histogram say at one time.
struct ClassicPoint {
  std::map<double, double> cumulative;  // by upper bound
  std::optional<double> count;
  std::optional<double> sum;
};

storage::HistogramPtr Convert(const ClassicPoint& point) {
  auto histogram = std::make_shared<storage::Histogram>();
  histogram->is_float = true;
  histogram->schema = storage::kCustomBucketsSchema;
  histogram->count = point.count.value_or(point.cumulative.rbegin()->second);
  histogram->sum = point.sum.value_or(0);
  double before = 0;
  for (const auto& [bound, cumulative] : point.cumulative) {
    histogram->positive_counts.push_back(cumulative - before);
    before = cumulative;
    if (bound != kInfinity) histogram->custom_values.push_back(bound);
  }
  if (!point.cumulative.contains(kInfinity)) {
    histogram->positive_counts.push_back(histogram->count - before);
  }
  histogram->positive_spans = {{0, static_cast<uint32_t>(histogram->positive_counts.size())}};
  return histogram;
}

}  // namespace

std::vector<ScriptSeries> CustomBucketSeries(const std::vector<ScriptSeries>& series) {
  std::map<storage::LabelSet, std::map<size_t, ClassicPoint>> groups;
  for (const ScriptSeries& one : series) {
    const std::string_view name = one.labels.metric_name();
    for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {
      if (!name.ends_with(suffix)) continue;
      double bound = 0;
      if (suffix == "_bucket" && !query::ParseFloat(one.labels.Get("le"), &bound)) continue;
      auto& points = groups[one.labels.Without("le").With(
          storage::kMetricNameLabel, name.substr(0, name.size() - suffix.size()))];
      for (size_t i = 0; i < one.points.size(); ++i) {
        if (!one.points[i] || one.points[i]->histogram != nullptr) continue;
        const double value = one.points[i]->number;
        if (std::isnan(value)) continue;
        ClassicPoint& point = points[i];
        if (suffix == "_bucket") {
          point.cumulative[bound] = value;
        } else {
          (suffix == "_count" ? point.count : point.sum) = value;
        }
      }
    }
  }
  std::vector<ScriptSeries> converted;
  for (const auto& [labels, points] : groups) {
    ScriptSeries one;
    one.labels = labels;
    for (const auto& [position, point] : points) {
      if (point.cumulative.empty()) continue;
      one.points.resize(position + 1);
      one.points[position] = ScriptValue{0, Convert(point), false};
    }
    if (!one.points.empty()) converted.push_back(std::move(one));
  }
  return converted;
}

}  // namespace varve::tests
