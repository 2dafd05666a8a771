// Aggregations that keep some of the input series at each step: topk, bottomk, limitk, limit_ratio.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "query/engine/aggregation_internal.h"
#include "query/engine/annotations.h"
#include "query/engine/go_heap.h"
#include "query/engine/number_format.h"
#include "query/engine/quantile.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "xxhash.h"

namespace varve::query::aggregation_internal {
namespace {

struct Candidate {
  double value;
  uint32_t series;
};

bool LessTop(const Candidate& a, const Candidate& b) {
  return std::isnan(a.value) || a.value < b.value;
}
bool LessBottom(const Candidate& a, const Candidate& b) {
  return std::isnan(a.value) || a.value > b.value;
}

// Keeps the k greatest (smallest) values seen, in the reference's order of moves.
void Offer(const Candidate& candidate, bool top, size_t k, std::vector<Candidate>* heap) {
  const auto less = top ? LessTop : LessBottom;
  if (heap->size() < std::max<size_t>(k, 1)) {
    HeapPush(heap, candidate, less);
    return;
  }
  Candidate& worst = heap->front();
  const bool better = top ? worst.value < candidate.value : worst.value > candidate.value;
  if (better || (std::isnan(worst.value) && !std::isnan(candidate.value))) {
    worst = candidate;
    if (k > 1) HeapSiftFirst(heap, less);
  }
}

// Best value first; NaN last.
void SortBestFirst(bool top, std::vector<Candidate>* heap) {
  std::stable_sort(heap->begin(), heap->end(), [top](const Candidate& a, const Candidate& b) {
    if (std::isnan(a.value)) return false;
    if (std::isnan(b.value)) return true;
    return top ? a.value > b.value : a.value < b.value;
  });
}

std::string General(double value) {
  std::string text;
  AppendGeneralFloat(value, &text);
  return text;
}

struct Extent {
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -std::numeric_limits<double>::infinity();
  bool nan = false;
};

Extent ExtentOf(const std::vector<double>& parameter) {
  Extent extent;
  for (const double value : parameter) {
    if (std::isnan(value)) {
      extent.nan = true;
    } else {
      extent.lowest = std::min(extent.lowest, value);
      extent.highest = std::max(extent.highest, value);
    }
  }
  return extent;
}

absl::Status CheckCount(const Extent& extent) {
  constexpr double kInt64Limit = 9223372036854775808.0;  // 2^63
  if (extent.nan) return absl::FailedPreconditionError("Parameter value is NaN");
  if (extent.lowest <= -kInt64Limit) {
    return absl::FailedPreconditionError(
        storage::StrCat("Scalar value ", General(extent.lowest), " underflows int64"));
  }
  if (extent.highest >= kInt64Limit) {
    return absl::FailedPreconditionError(
        storage::StrCat("Scalar value ", General(extent.highest), " overflows int64"));
  }
  return absl::OkStatus();
}

absl::Status CheckRatio(const Extent& extent, std::string_view position, QueryContext* context) {
  if (extent.nan) return absl::FailedPreconditionError("Ratio value is NaN");
  const auto warn = [&](double got, double cap) {
    AddPromqlWarning(storage::StrCat("ratio value should be between -1 and 1, got ", General(got),
                                     ", capping to ", General(cap)),
                     position, context);
  };
  if (extent.highest > 1) warn(extent.highest, 1);
  if (extent.lowest < -1) warn(extent.lowest, -1);
  return absl::OkStatus();
}

bool InRatio(double ratio, double offset) {
  ratio = std::clamp(ratio, -1.0, 1.0);
  return ratio >= 0 ? offset < ratio : offset >= 1 + ratio;
}

// What is left of the groups of a single step, in the order that Prometheus answers: each group is
// a heap, its smallest value first.
StepVector InHeapOrder(const Aggregation& aggregation, StepVector input) {
  StepVector ordered;
  ordered.reserve(input.size());
  std::vector<Candidate> heap;
  for (const std::vector<uint32_t>& group : Members(MakeGroups(aggregation.grouping, input))) {
    heap.clear();
    for (const uint32_t i : group) {
      if (input[i].present[0]) HeapPush(&heap, {input[i].values[0], i}, LessTop);
    }
    for (const Candidate& kept : heap) ordered.push_back(std::move(input[kept.series]));
  }
  return ordered;
}

StepVector LimitRatio(const Aggregation& aggregation, StepVector input, size_t steps) {
  for (StepSeries& series : input) {
    const double offset = SampleOffset(series.labels);
    for (size_t step = 0; step < steps; ++step) {
      if (!InRatio(aggregation.parameter[step], offset)) series.present[step] = 0;
    }
  }
  return steps == 1 ? InHeapOrder(aggregation, std::move(input)) : std::move(input);
}

StepVector Limitk(const Aggregation& aggregation, StepVector input, size_t steps) {
  const Groups groups = MakeGroups(aggregation.grouping, input);
  std::vector<double> taken(groups.count() * steps);
  for (size_t i = 0; i < input.size(); ++i) {
    double* const count = taken.data() + groups.of_series[i] * steps;
    for (size_t step = 0; step < steps; ++step) {
      if (!input[i].present[step]) continue;
      if (count[step] < std::floor(aggregation.parameter[step])) {
        count[step] += 1;
      } else {
        input[i].present[step] = 0;
      }
    }
  }
  return steps == 1 ? InHeapOrder(aggregation, std::move(input)) : std::move(input);
}

absl::StatusOr<StepVector> Topk(const Aggregation& aggregation, StepVector input, size_t steps,
                                QueryContext* context) {
  const bool top = aggregation.op == AggregateOperator::kTopk;
  const std::vector<std::vector<uint32_t>> members =
      Members(MakeGroups(aggregation.grouping, input));
  std::vector<uint32_t> order;  // of a single step: group by group, best first
  std::vector<Candidate> heap;
  for (size_t step = 0; step < steps; ++step) {
    if (step % 64 == 0) VARVE_RETURN_IF_ERROR(context->CheckAlive());
    const double parameter = aggregation.parameter[step];
    const size_t k =
        parameter < 1 ? 0
                      : static_cast<size_t>(std::min(parameter, static_cast<double>(input.size())));
    for (const std::vector<uint32_t>& group : members) {
      heap.clear();
      for (const uint32_t i : group) {
        if (!input[i].present[step]) continue;
        input[i].present[step] = 0;
        if (k > 0) Offer({input[i].values[step], i}, top, k, &heap);
      }
      for (const Candidate& kept : heap) input[kept.series].present[step] = 1;
      if (steps > 1) continue;
      SortBestFirst(top, &heap);
      for (const Candidate& kept : heap) order.push_back(kept.series);
    }
  }
  if (steps != 1) return input;
  StepVector ordered;
  ordered.reserve(order.size());
  for (const uint32_t i : order) ordered.push_back(std::move(input[i]));
  return ordered;
}

}  // namespace

double SampleOffset(storage::LabelSetView labels) {
  // The hash Prometheus takes, over its packed form: lengths in one byte, or 255 and three.
  std::string bytes;
  const auto append = [&bytes](std::string_view text) {
    if (text.size() < 255) {
      bytes.push_back(static_cast<char>(text.size()));
    } else {
      bytes.push_back(static_cast<char>(255));
      for (int shift = 0; shift < 24; shift += 8) {
        bytes.push_back(static_cast<char>(text.size() >> shift));
      }
    }
    bytes.append(text);
  };
  for (const storage::LabelView& label : labels) {
    append(label.name);
    append(label.value);
  }
  return static_cast<double>(XXH64(bytes.data(), bytes.size(), 0)) /
         static_cast<double>(std::numeric_limits<uint64_t>::max());
}

absl::StatusOr<StepVector> SelectSeries(const Aggregation& aggregation, StepVector input,
                                        size_t steps, QueryContext* context) {
  const Extent extent = ExtentOf(aggregation.parameter);
  if (aggregation.op == AggregateOperator::kLimitRatio) {
    VARVE_RETURN_IF_ERROR(CheckRatio(extent, aggregation.position, context));
    return LimitRatio(aggregation, std::move(input), steps);
  }
  VARVE_RETURN_IF_ERROR(CheckCount(extent));
  if (extent.highest < 1) return StepVector();
  if (aggregation.op == AggregateOperator::kLimitk) {
    return Limitk(aggregation, std::move(input), steps);
  }
  return Topk(aggregation, std::move(input), steps, context);
}

}  // namespace varve::query::aggregation_internal
