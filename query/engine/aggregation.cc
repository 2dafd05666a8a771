#include "query/engine/aggregation.h"

#include <algorithm>
#include <utility>

#include "query/engine/aggregation_internal.h"
#include "query/engine/annotations.h"
#include "query/engine/group_numbers.h"
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
  std::string packed;
  AppendGroupLabels(grouping, labels, &packed);
  return storage::LabelSet(storage::LabelSetView(packed));
}

Groups MakeGroups(const Grouping& grouping, const StepVector& input) {
  Groups groups;
  groups.of_series.reserve(input.size());
  if (!grouping.without && grouping.labels.empty()) {
    groups.of_series.assign(input.size(), 0);
    if (!input.empty()) groups.labels.emplace_back();
    return groups;
  }
  GroupNumbers numbers(grouping);
  for (const StepSeries& series : input) {
    groups.of_series.push_back(numbers.Of(series.labels));
    if (numbers.count() > groups.labels.size()) groups.labels.emplace_back(numbers.last_labels());
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

namespace {

// Whether an aggregation that is to keep some series is to keep any.
bool SelectsAny(const Aggregation& aggregation) {
  if (aggregation.op != AggregateOperator::kTopk && aggregation.op != AggregateOperator::kBottomk) {
    return true;
  }
  return std::any_of(aggregation.parameter.begin(), aggregation.parameter.end(),
                     [](double count) { return count >= 1; });
}

}  // namespace

absl::StatusOr<StepVector> Aggregate(const Aggregation& aggregation, StepVector input, size_t steps,
                                     QueryContext* context) {
  if (IsOfFloats(aggregation.op) && DropHistograms(&input)) {
    DropEmptySeries(&input);
    if (SelectsAny(aggregation)) {
      AddPromqlInfo(storage::StrCat("ignored histogram in ", AggregateOperatorText(aggregation.op),
                                    " aggregation"),
                    aggregation.input_position, context);
    }
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
