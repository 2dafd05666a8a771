// Arithmetic and comparison between two vectors: one-to-one, many-to-one and one-to-many.
#include <algorithm>
#include <atomic>
#include <limits>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "query/engine/binary_kernel.h"
#include "query/engine/label_text.h"
#include "query/engine/match_groups.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query::binary_internal {
namespace {

constexpr uint32_t kFilled = std::numeric_limits<uint32_t>::max();

// One output series: a series of the "many" side with one of the "one" side, or with a fill value
// in the place of either.
struct Pair {
  uint32_t many;
  uint32_t one;
  uint32_t group;
};

// The two vectors seen as a side with many series per group and a side with one.
struct Sides {
  const BinaryOperation& operation;
  const StepVector& many;
  const StepVector& one;
  bool swapped;  // the left operand is the "one" side
  std::optional<double> fill_many;
  std::optional<double> fill_one;
  MatchGroups matched;  // left is many, right is one
  size_t steps;
  bool delayed_name_removal;

  const VectorMatching& matching() const { return operation.matching; }
  // Arithmetic takes the name at once in any case; `bool` may leave it till the query ends.
  bool TakesNameOfBool() const { return operation.return_bool && !delayed_name_removal; }
};

Sides MakeSides(const BinaryOperation& operation, const StepVector& left, const StepVector& right,
                size_t steps, const QueryFeatures& features) {
  const VectorMatching& matching = operation.matching;
  const bool swapped = matching.cardinality == MatchCardinality::kOneToMany;
  const StepVector& many = swapped ? right : left;
  const StepVector& one = swapped ? left : right;
  return {operation, many, one, swapped,
          // group_right swaps the operands, but not what is filled in for them.
          matching.fill_left, matching.fill_right, MatchGroups(matching, many, one), steps,
          features.delayed_name_removal};
}

// At a step where one side has nothing and nothing is filled in, nothing is looked at either.
std::vector<uint8_t> EvaluatedSteps(const Sides& sides) {
  std::vector<uint8_t> many(sides.steps);
  for (const StepSeries& series : sides.many) {
    for (size_t s = 0; s < sides.steps; ++s) many[s] = many[s] | series.present[s];
  }
  if (sides.fill_many || sides.fill_one) std::fill(many.begin(), many.end(), 1);
  return many;
}

absl::Status DuplicateError(const Sides& sides, const StepSeries& one, const StepSeries& other) {
  const bool ordered = one.labels < other.labels;
  return absl::FailedPreconditionError(storage::StrCat(
      "found duplicate series for the match group ",
      LabelsText(MatchLabels(sides.matching(), one.labels)), " on the ",
      sides.swapped ? "left" : "right", " hand-side of the operation: [",
      LabelsText(ordered ? one.labels : other.labels), ", ",
      LabelsText(ordered ? other.labels : one.labels),
      "];many-to-many matching not allowed: matching labels must be unique on one side"));
}

// What is wrong at a step. Of several the one of the earliest step is told.
struct Offence {
  size_t step;
  absl::Status error;
};

// The "one" side must have at most one series of a group at each step.
std::optional<Offence> CheckOneSide(const Sides& sides) {
  std::vector<uint8_t> evaluated;
  std::optional<std::pair<size_t, uint32_t>> first;  // (step, series)
  uint32_t earlier = 0;
  std::vector<uint32_t> seen;
  for (const MatchGroups::Group& group : sides.matched.groups) {
    if (group.right.size() < 2) continue;
    if (evaluated.empty()) evaluated = EvaluatedSteps(sides);
    seen.assign(sides.steps, kFilled);
    for (const uint32_t i : group.right) {
      for (size_t s = 0; s < sides.steps; ++s) {
        if (!sides.one[i].present[s]) continue;
        if (seen[s] != kFilled && evaluated[s] && (!first || std::make_pair(s, i) < *first)) {
          first = {s, i};
          earlier = seen[s];
        }
        seen[s] = i;
      }
    }
  }
  if (!first) return std::nullopt;
  return Offence{first->first, DuplicateError(sides, sides.one[first->second], sides.one[earlier])};
}

std::vector<Pair> MakePairs(const Sides& sides) {
  std::vector<Pair> pairs;
  for (uint32_t many = 0; many < sides.many.size(); ++many) {
    const uint32_t group = sides.matched.of_left[many];
    for (const uint32_t one : sides.matched.groups[group].right) {
      pairs.push_back({many, one, group});
    }
    if (sides.fill_one) pairs.push_back({many, kFilled, group});
  }
  if (sides.fill_many) {
    for (uint32_t one = 0; one < sides.one.size(); ++one) {
      pairs.push_back({kFilled, one, sides.matched.of_right[one]});
    }
  }
  return pairs;
}

bool Named(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

storage::LabelSet ResultLabels(const Sides& sides, storage::LabelSetView many,
                               storage::LabelSetView one) {
  const VectorMatching& matching = sides.matching();
  const bool drop_name = DropsMetricName(sides.operation.op) || sides.TakesNameOfBool();
  const bool one_to_one = matching.cardinality == MatchCardinality::kOneToOne;
  storage::LabelSetBuilder builder;
  for (const storage::LabelView& label : many) {
    if (drop_name && IsMetricLabel(label.name)) continue;
    if (one_to_one && Named(matching.labels, label.name) != matching.on) continue;
    builder.Append(label.name, label.value);
  }
  storage::LabelSet labels = builder.Build();
  for (const std::string& name : matching.include) labels = labels.With(name, one.Get(name));
  return sides.TakesNameOfBool() ? WithoutMetricName(labels) : labels;
}

// The columns of a series, or a fill value.
MixedOperand OperandOf(const StepSeries* series, const double* fill) {
  if (series == nullptr) return {{fill, 0}, nullptr};
  return {{series->values.data(), 1}, HistogramColumn(*series)};
}

StepSeries Combine(const Sides& sides, const Pair& pair, uint32_t* notes) {
  const StepSeries* const many = pair.many == kFilled ? nullptr : &sides.many[pair.many];
  const StepSeries* const one = pair.one == kFilled ? nullptr : &sides.one[pair.one];
  const MatchGroups::Group& group = sides.matched.groups[pair.group];
  StepSeries out(storage::LabelSet(), sides.steps);
  double many_fill = 0;
  double one_fill = 0;
  if (many != nullptr && one != nullptr) {
    out.labels = ResultLabels(sides, many->labels, one->labels);
    for (size_t s = 0; s < sides.steps; ++s) out.present[s] = many->present[s] & one->present[s];
  } else if (many != nullptr) {
    out.labels = ResultLabels(sides, many->labels, MatchLabels(sides.matching(), many->labels));
    one_fill = *sides.fill_one;
    const std::vector<uint8_t> any = AnyPresent(sides.one, group.right, sides.steps);
    for (size_t s = 0; s < sides.steps; ++s) out.present[s] = many->present[s] & (any[s] ^ 1);
  } else {
    out.labels = ResultLabels(sides, MatchLabels(sides.matching(), one->labels), one->labels);
    many_fill = *sides.fill_many;
    const std::vector<uint8_t> any = AnyPresent(sides.many, group.left, sides.steps);
    for (size_t s = 0; s < sides.steps; ++s) out.present[s] = one->present[s] & (any[s] ^ 1);
  }
  out.drops_name = (sides.operation.return_bool && sides.delayed_name_removal) ||
                   (many != nullptr && many->drops_name);
  const MixedOperand many_operand = OperandOf(many, &many_fill);
  const MixedOperand one_operand = OperandOf(one, &one_fill);
  const MixedOperand& left = sides.swapped ? one_operand : many_operand;
  const MixedOperand& right = sides.swapped ? many_operand : one_operand;
  const BinaryOperator op = sides.operation.op;
  const bool filters = IsComparison(op) && !sides.operation.return_bool;
  const Keep keep = filters ? Keep::kLeftValue : Keep::kResult;
  if (left.histograms != nullptr || right.histograms != nullptr || IsTrim(op)) {
    ApplyMixed(op, keep, left, right, &out, notes);
  } else {
    ApplyColumns(op, keep, left.floats, right.floats, sides.steps, out.values.data(),
                 out.present.data());
  }
  return out;
}

// In one-to-one matching the "many" side too has at most one series where it meets the other,
// whether or not a comparison filters the results away.
std::optional<Offence> CheckManySide(const Sides& sides) {
  if (sides.matching().cardinality != MatchCardinality::kOneToOne) return std::nullopt;
  size_t first = sides.steps;
  for (const MatchGroups::Group& group : sides.matched.groups) {
    if (group.left.size() < 2 || (group.right.empty() && !sides.fill_one)) continue;
    std::vector<uint8_t> met = AnyPresent(sides.one, group.right, sides.steps);
    if (sides.fill_one) std::fill(met.begin(), met.end(), 1);
    std::vector<uint8_t> seen(sides.steps);
    for (const uint32_t i : group.left) {
      for (size_t s = 0; s < first; ++s) {
        if (seen[s] & met[s] & sides.many[i].present[s]) first = s;
        seen[s] = seen[s] | sides.many[i].present[s];
      }
    }
  }
  if (first == sides.steps) return std::nullopt;
  return Offence{first, absl::FailedPreconditionError(
                            "multiple matches for labels: many-to-one matching must be explicit "
                            "(group_left/group_right)")};
}

// Two results of one group may not meet with the same labels.
std::optional<Offence> CheckResults(const Sides& sides, const std::vector<Pair>& pairs,
                                    const StepVector& output) {
  using Key = std::pair<uint32_t, storage::LabelSetView>;
  absl::flat_hash_map<Key, std::vector<uint8_t>> taken;
  size_t first = sides.steps;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (sides.matched.groups[pairs[i].group].left.size() < 2) continue;
    const Key key(pairs[i].group, output[i].labels.view());
    std::vector<uint8_t>& steps = taken[key];
    if (steps.empty()) {
      steps = output[i].present;
      continue;
    }
    for (size_t s = 0; s < first; ++s) {
      if (steps[s] & output[i].present[s]) first = s;
      steps[s] = steps[s] | output[i].present[s];
    }
  }
  if (first == sides.steps) return std::nullopt;
  return Offence{first, absl::FailedPreconditionError("multiple matches for labels: grouping "
                                                      "labels must ensure unique matches")};
}

}  // namespace

absl::StatusOr<StepVector> MatchVectors(const BinaryOperation& operation, const StepVector& left,
                                        const StepVector& right, size_t steps,
                                        QueryContext* context) {
  const Sides sides = MakeSides(operation, left, right, steps, context->limits().features);
  // A step looks at the "one" side before the other and at what comes out.
  const std::optional<Offence> of_one = CheckOneSide(sides);
  const std::optional<Offence> of_many = CheckManySide(sides);
  if (of_many && (!of_one || of_many->step < of_one->step)) return of_many->error;
  if (of_one && of_one->step == 0) return of_one->error;
  const std::vector<Pair> pairs = MakePairs(sides);
  VARVE_RETURN_IF_ERROR(context->ChargeSamples(pairs.size() * steps));
  StepVector output(pairs.size());
  std::atomic<uint32_t> notes{0};
  constexpr size_t kPairsPerTask = 64;
  const size_t tasks = (pairs.size() + kPairsPerTask - 1) / kPairsPerTask;
  const absl::Status status = context->ParallelFor(tasks, [&](size_t task) -> absl::Status {
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    const size_t last = std::min(pairs.size(), (task + 1) * kPairsPerTask);
    uint32_t found = 0;
    for (size_t i = task * kPairsPerTask; i < last; ++i) {
      output[i] = Combine(sides, pairs[i], &found);
    }
    notes.fetch_or(found, std::memory_order_relaxed);
    return absl::OkStatus();
  });
  context->ReleaseSamples(pairs.size() * steps);
  VARVE_RETURN_IF_ERROR(status);
  const std::optional<Offence> of_results = CheckResults(sides, pairs, output);
  if (of_results && (!of_one || of_results->step < of_one->step)) return of_results->error;
  if (of_one) return of_one->error;
  TellNotes(operation, notes.load(), context);
  VARVE_RETURN_IF_ERROR(MergeSameLabels(&output));
  return output;
}

}  // namespace varve::query::binary_internal
