#include "query/engine/aggregation.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "query/engine/aggregation_internal.h"
#include "query/engine/annotations.h"
#include "storage/model/text.h"

namespace varve::query {

using aggregation_internal::Groups;

namespace {

bool IsOfFloats(AggregateOperator op) {
  switch (op) {
    case AggregateOperator::kBottomk:
    case AggregateOperator::kMax:
    case AggregateOperator::kMin:
    case AggregateOperator::kQuantile:
    case AggregateOperator::kStddev:
    case AggregateOperator::kStdvar:
    case AggregateOperator::kTopk:
      return true;
    default:
      return false;
  }
}

}  // namespace

namespace aggregation_internal {

storage::LabelSet GroupLabels(const Grouping& grouping, storage::LabelSetView labels) {
  const auto named = [&grouping](std::string_view name) {
    return std::find(grouping.labels.begin(), grouping.labels.end(), name) != grouping.labels.end();
  };
  storage::LabelSetBuilder builder;
  for (const storage::LabelView& label : labels) {
    const bool keep = grouping.without
                          ? label.name != storage::kMetricNameLabel && !named(label.name)
                          : named(label.name);
    if (keep) builder.Append(label.name, label.value);
  }
  return builder.Build();
}

Groups MakeGroups(const Grouping& grouping, const StepVector& input) {
  Groups groups;
  groups.of_series.reserve(input.size());
  if (!grouping.without && grouping.labels.empty()) {
    groups.of_series.assign(input.size(), 0);
    if (!input.empty()) groups.labels.emplace_back();
    return groups;
  }
  absl::flat_hash_map<storage::LabelSet, uint32_t> numbers;
  for (const StepSeries& series : input) {
    storage::LabelSet labels = GroupLabels(grouping, series.labels);
    const auto [position, inserted] =
        numbers.try_emplace(std::move(labels), static_cast<uint32_t>(groups.labels.size()));
    if (inserted) groups.labels.push_back(position->first);
    groups.of_series.push_back(position->second);
  }
  return groups;
}

std::vector<std::vector<uint32_t>> Members(const Groups& groups) {
  std::vector<std::vector<uint32_t>> members(groups.count());
  for (size_t i = 0; i < groups.of_series.size(); ++i) {
    members[groups.of_series[i]].push_back(static_cast<uint32_t>(i));
  }
  return members;
}

}  // namespace aggregation_internal

std::string_view AggregateOperatorText(AggregateOperator op) {
  switch (op) {
    case AggregateOperator::kSum:
      return "sum";
    case AggregateOperator::kAvg:
      return "avg";
    case AggregateOperator::kCount:
      return "count";
    case AggregateOperator::kMin:
      return "min";
    case AggregateOperator::kMax:
      return "max";
    case AggregateOperator::kGroup:
      return "group";
    case AggregateOperator::kStddev:
      return "stddev";
    case AggregateOperator::kStdvar:
      return "stdvar";
    case AggregateOperator::kTopk:
      return "topk";
    case AggregateOperator::kBottomk:
      return "bottomk";
    case AggregateOperator::kQuantile:
      return "quantile";
    case AggregateOperator::kCountValues:
      return "count_values";
    case AggregateOperator::kLimitk:
      return "limitk";
    case AggregateOperator::kLimitRatio:
      return "limit_ratio";
  }
  return "";
}

absl::StatusOr<StepVector> Aggregate(const Aggregation& aggregation, StepVector input, size_t steps,
                                     QueryContext* context) {
  if (IsOfFloats(aggregation.op) && DropHistograms(&input)) {
    DropEmptySeries(&input);
    AddPromqlInfo(storage::StrCat("ignored histogram in ", AggregateOperatorText(aggregation.op),
                                  " aggregation"),
                  aggregation.input_position, context);
  }
  switch (aggregation.op) {
    case AggregateOperator::kTopk:
    case AggregateOperator::kBottomk:
    case AggregateOperator::kLimitk:
    case AggregateOperator::kLimitRatio:
      return aggregation_internal::SelectSeries(aggregation, std::move(input), steps, context);
    case AggregateOperator::kCountValues:
      return aggregation_internal::CountValues(aggregation, input, steps, context);
    default:
      return aggregation_internal::Fold(aggregation, input, steps, context);
  }
}

}  // namespace varve::query
