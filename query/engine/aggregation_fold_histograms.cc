// sum and avg of native histograms, group by group and step by step.
#include <algorithm>
#include <memory>
#include <string>

#include "query/engine/aggregation_internal.h"
#include "query/engine/annotations.h"
#include "query/engine/histogram_sum.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query::aggregation_internal {
namespace {

using storage::CounterResetHint;
using storage::Histogram;
using storage::HistogramPtr;

// What one task met with; told once it is done.
struct Notes {
  bool mixed_samples = false;
  bool reconciled = false;
  bool conflicting = false;
  const StepSeries* incompatible = nullptr;  // exponential among custom buckets, or otherwise

  void Tell(std::string_view position, QueryContext* context) const {
    if (mixed_samples) {
      AddPromqlWarning("encountered a mix of histograms and floats for aggregation", position,
                       context);
    }
    if (incompatible != nullptr) {
      std::string text =
          "vector contains a mix of histograms with exponential and custom buckets schemas";
      const std::string_view name = incompatible->labels.metric_name();
      if (!name.empty()) storage::StrAppend(&text, " for metric name ", storage::Quote(name));
      AddPromqlWarning(text, position, context);
    }
    if (conflicting) {
      AddPromqlWarning("conflicting counter resets during histogram aggregation", position,
                       context);
    }
    if (reconciled) {
      AddPromqlInfo("mismatched custom buckets were reconciled during aggregation", position,
                    context);
    }
  }
};

// Adds up, or averages, what is offered to it.
class Accumulator {
 public:
  explicit Accumulator(bool mean) : is_mean_(mean) {}

  HistogramSum::Outcome Add(const Histogram& histogram) {
    reset_ |= histogram.reset_hint == CounterResetHint::kReset;
    not_reset_ |= histogram.reset_hint == CounterResetHint::kNotReset;
    if (is_mean_) return mean_.Add(histogram);
    if (!empty_) return sum_.Add(histogram);
    empty_ = false;
    sum_ = HistogramSum(histogram, true);
    return {};
  }
  bool conflicting() const { return reset_ && not_reset_; }
  HistogramPtr Value() const {
    OpenHistogram value(is_mean_ ? mean_.Value() : sum_.Value());
    value.DropEmptyBuckets();
    return std::make_shared<const Histogram>(value.Close());
  }

 private:
  const bool is_mean_;
  bool empty_ = true;
  bool reset_ = false;
  bool not_reset_ = false;
  HistogramSum sum_;
  HistogramMean mean_;
};

void FoldStep(bool mean, const StepVector& input, const std::vector<uint32_t>& members, size_t step,
              StepSeries* out, Notes* notes) {
  Accumulator accumulator(mean);
  bool floats = false;
  bool histograms = false;
  bool incompatible = false;
  for (const uint32_t i : members) {
    const StepSeries& series = input[i];
    if (!series.present[step]) continue;
    if (series.is_float(step)) {
      floats = true;
      continue;
    }
    histograms = true;
    if (floats || incompatible) continue;
    const HistogramSum::Outcome outcome = accumulator.Add(*series.histograms[step]);
    incompatible = outcome.incompatible;
    notes->reconciled |= outcome.reconciled;
    if (incompatible) notes->incompatible = &series;
  }
  if (!histograms) return;
  out->present[step] = 0;
  if (floats) {
    notes->mixed_samples = true;
    return;
  }
  notes->conflicting |= accumulator.conflicting();
  if (!incompatible) out->SetHistogram(step, accumulator.Value());
}

}  // namespace

absl::Status FoldHistograms(const Aggregation& aggregation, const StepVector& input,
                            const Groups& groups, size_t steps, QueryContext* context,
                            StepVector* output) {
  const bool mean = aggregation.op == AggregateOperator::kAvg;
  const std::vector<std::vector<uint32_t>> members = Members(groups);
  // The tasks work on steps of their own; the columns have to be there before.
  for (StepSeries& series : *output) series.histograms.resize(steps);
  constexpr size_t kStepsPerTask = 4;
  const auto fold_some = [&](size_t task) -> absl::Status {
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    Notes notes;
    const size_t last = std::min(steps, (task + 1) * kStepsPerTask);
    for (size_t group = 0; group < members.size(); ++group) {
      for (size_t step = task * kStepsPerTask; step < last; ++step) {
        FoldStep(mean, input, members[group], step, &(*output)[group], &notes);
      }
    }
    notes.Tell(aggregation.input_position, context);
    return absl::OkStatus();
  };
  return context->ParallelFor((steps + kStepsPerTask - 1) / kStepsPerTask, fold_some);
}

}  // namespace varve::query::aggregation_internal
