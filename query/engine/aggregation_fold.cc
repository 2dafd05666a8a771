// Aggregations that make one value per group and step. The steps are cut into blocks, one task per
// block: within a step the series are always taken in their order.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "query/engine/aggregation_internal.h"
#include "query/engine/annotations.h"
#include "query/engine/kahan_sum.h"
#include "query/engine/quantile.h"
#include "storage/status_macros.h"

namespace varve::query::aggregation_internal {
namespace {

constexpr size_t kValuesPerTask = 1 << 15;  // about 50 microseconds of work

// Some steps of all series and all groups. For each group and step there is a row of the output:
// values, present, and whatever the fold keeps besides.
struct Block {
  size_t first_step;
  size_t last_step;  // exclusive
};

// sum. The compensation is kept per group and step.
void FoldSum(const StepVector& input, const Groups& groups, Block block, StepVector* output) {
  const size_t width = block.last_step - block.first_step;
  std::vector<double> compensation(groups.count() * width);
  for (size_t i = 0; i < input.size(); ++i) {
    const uint32_t group = groups.of_series[i];
    StepSeries& out = (*output)[group];
    double* const lost = compensation.data() + group * width;
    for (size_t step = block.first_step; step < block.last_step; ++step) {
      if (!input[i].present[step]) continue;
      const double value = input[i].values[step];
      if (!out.present[step]) {
        out.Set(step, value);
      } else {
        KahanAdd(value, &out.values[step], &lost[step - block.first_step]);
      }
    }
  }
  for (size_t group = 0; group < groups.count(); ++group) {
    for (size_t s = 0; s < width; ++s) {
      (*output)[group].values[block.first_step + s] += compensation[group * width + s];
    }
  }
}

void FoldAvg(const StepVector& input, const Groups& groups, Block block, StepVector* output) {
  const size_t width = block.last_step - block.first_step;
  std::vector<KahanMean> means(groups.count() * width);
  for (size_t i = 0; i < input.size(); ++i) {
    const uint32_t group = groups.of_series[i];
    for (size_t step = block.first_step; step < block.last_step; ++step) {
      if (!input[i].present[step]) continue;
      means[group * width + step - block.first_step].Add(input[i].values[step]);
      (*output)[group].present[step] = 1;
    }
  }
  for (size_t group = 0; group < groups.count(); ++group) {
    for (size_t s = 0; s < width; ++s) {
      StepSeries& out = (*output)[group];
      if (out.present[block.first_step + s]) {
        out.values[block.first_step + s] = means[group * width + s].Mean();
      }
    }
  }
}

void FoldCount(const StepVector& input, const Groups& groups, Block block, StepVector* output) {
  for (size_t i = 0; i < input.size(); ++i) {
    StepSeries& out = (*output)[groups.of_series[i]];
    double* const values = out.values.data();
    uint8_t* const present = out.present.data();
    const uint8_t* const in_present = input[i].present.data();
    for (size_t step = block.first_step; step < block.last_step; ++step) {
      values[step] += in_present[step];
      present[step] = present[step] | in_present[step];
    }
  }
}

void FoldGroup(const StepVector& input, const Groups& groups, Block block, StepVector* output) {
  for (size_t i = 0; i < input.size(); ++i) {
    StepSeries& out = (*output)[groups.of_series[i]];
    for (size_t step = block.first_step; step < block.last_step; ++step) {
      if (input[i].present[step]) out.Set(step, 1);
    }
  }
}

// min and max: a number replaces a NaN, a NaN never replaces a number.
template <typename Better>
void FoldExtreme(const StepVector& input, const Groups& groups, Block block, StepVector* output) {
  for (size_t i = 0; i < input.size(); ++i) {
    StepSeries& out = (*output)[groups.of_series[i]];
    for (size_t step = block.first_step; step < block.last_step; ++step) {
      if (!input[i].present[step]) continue;
      const double value = input[i].values[step];
      const double best = out.values[step];
      if (!out.present[step] || Better()(value, best) || std::isnan(best)) out.Set(step, value);
    }
  }
}

// stdvar and stddev by Welford's method.
void FoldVariance(const StepVector& input, const Groups& groups, bool root, Block block,
                  StepVector* output) {
  const size_t width = block.last_step - block.first_step;
  std::vector<double> count(groups.count() * width);
  std::vector<double> mean(groups.count() * width);
  for (size_t i = 0; i < input.size(); ++i) {
    const uint32_t group = groups.of_series[i];
    StepSeries& out = (*output)[group];
    for (size_t step = block.first_step; step < block.last_step; ++step) {
      if (!input[i].present[step]) continue;
      const double value = input[i].values[step];
      const size_t at = group * width + step - block.first_step;
      count[at] += 1;
      if (!out.present[step]) {
        mean[at] = value;
        out.Set(step, std::isfinite(value) ? 0 : std::numeric_limits<double>::quiet_NaN());
        continue;
      }
      const double delta = value - mean[at];
      mean[at] += delta / count[at];
      out.values[step] += delta * (value - mean[at]);
    }
  }
  for (size_t group = 0; group < groups.count(); ++group) {
    for (size_t s = 0; s < width; ++s) {
      StepSeries& out = (*output)[group];
      const size_t step = block.first_step + s;
      if (!out.present[step]) continue;
      const double variance = out.values[step] / count[group * width + s];
      out.values[step] = root ? std::sqrt(variance) : variance;
    }
  }
}

void FoldQuantile(const StepVector& input, const std::vector<std::vector<uint32_t>>& members,
                  const std::vector<double>& share, Block block, StepVector* output) {
  std::vector<double> values;
  for (size_t group = 0; group < members.size(); ++group) {
    for (size_t step = block.first_step; step < block.last_step; ++step) {
      values.clear();
      for (const uint32_t i : members[group]) {
        if (input[i].present[step]) values.push_back(input[i].values[step]);
      }
      if (!values.empty()) (*output)[group].Set(step, Quantile(share[step], values));
    }
  }
}

void WarnOfShares(const Aggregation& aggregation, QueryContext* context) {
  double lowest = 0;
  double highest = 1;
  bool nan = false;
  for (const double share : aggregation.parameter) {
    if (std::isnan(share)) {
      nan = true;
    } else {
      lowest = std::min(lowest, share);
      highest = std::max(highest, share);
    }
  }
  if (nan) {
    WarnInvalidQuantile(std::numeric_limits<double>::quiet_NaN(), aggregation.position, context);
  }
  if (highest > 1) WarnInvalidQuantile(highest, aggregation.position, context);
  if (lowest < 0) WarnInvalidQuantile(lowest, aggregation.position, context);
}

}  // namespace

absl::StatusOr<StepVector> Fold(const Aggregation& aggregation, const StepVector& all, size_t steps,
                                QueryContext* context) {
  const Groups groups = MakeGroups(aggregation.grouping, all);
  const bool adds =
      aggregation.op == AggregateOperator::kSum || aggregation.op == AggregateOperator::kAvg;
  const bool histograms = adds && HasHistograms(all);
  StepVector floats;
  if (histograms) {
    floats = all;
    DropHistograms(&floats);
  }
  const StepVector& input = histograms ? floats : all;
  StepVector output;
  output.reserve(groups.count());
  for (const storage::LabelSet& labels : groups.labels) output.emplace_back(labels, steps);
  for (size_t i = 0; i < input.size(); ++i) {
    output[groups.of_series[i]].drops_name |= input[i].drops_name;
  }
  std::vector<std::vector<uint32_t>> members;
  if (aggregation.op == AggregateOperator::kQuantile) {
    WarnOfShares(aggregation, context);
    members = Members(groups);
  }
  if (input.empty() || steps == 0) return output;
  const size_t steps_per_task = std::clamp<size_t>(kValuesPerTask / input.size(), 8, steps + 8);
  const size_t tasks = (steps + steps_per_task - 1) / steps_per_task;
  const auto fold_block = [&](size_t task) -> absl::Status {
    const Block block{task * steps_per_task, std::min(steps, (task + 1) * steps_per_task)};
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    switch (aggregation.op) {
      case AggregateOperator::kSum:
        FoldSum(input, groups, block, &output);
        break;
      case AggregateOperator::kAvg:
        FoldAvg(input, groups, block, &output);
        break;
      case AggregateOperator::kCount:
        FoldCount(input, groups, block, &output);
        break;
      case AggregateOperator::kGroup:
        FoldGroup(input, groups, block, &output);
        break;
      case AggregateOperator::kMin:
        FoldExtreme<std::less<double>>(input, groups, block, &output);
        break;
      case AggregateOperator::kMax:
        FoldExtreme<std::greater<double>>(input, groups, block, &output);
        break;
      case AggregateOperator::kStddev:
        FoldVariance(input, groups, true, block, &output);
        break;
      case AggregateOperator::kStdvar:
        FoldVariance(input, groups, false, block, &output);
        break;
      case AggregateOperator::kQuantile:
        FoldQuantile(input, members, aggregation.parameter, block, &output);
        break;
      default:
        return absl::InternalError("cannot fold an operator that selects series");
    }
    return absl::OkStatus();
  };
  VARVE_RETURN_IF_ERROR(context->ParallelFor(tasks, fold_block));
  if (histograms) {
    VARVE_RETURN_IF_ERROR(FoldHistograms(aggregation, all, groups, steps, context, &output));
  }
  return output;
}

}  // namespace varve::query::aggregation_internal
