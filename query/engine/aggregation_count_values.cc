// count_values: one output series per group and distinct value.
#include <bit>

#include "absl/container/flat_hash_map.h"
#include "query/engine/aggregation_internal.h"
#include "query/engine/histogram_text.h"
#include "query/engine/number_format.h"
#include "storage/status_macros.h"

namespace varve::query::aggregation_internal {
namespace {

// The output series, found by their labels.
class Counts {
 public:
  Counts(const Aggregation& aggregation, size_t steps, QueryContext* context)
      : label_(aggregation.label),
        grouping_(aggregation.grouping),
        steps_(steps),
        context_(*context) {
    if (!grouping_.without) grouping_.labels.push_back(label_);
  }

  // The position of the one for `value`, as text, of `series`.
  absl::StatusOr<size_t> Find(const StepSeries& series, std::string_view value) {
    storage::LabelSet labels = GroupLabels(grouping_, series.labels.With(label_, value));
    const auto [position, inserted] = positions_.try_emplace(labels, output_.size());
    if (inserted) {
      VARVE_RETURN_IF_ERROR(context_.ChargeSamples(steps_));
      output_.emplace_back(std::move(labels), steps_);
    }
    output_[position->second].drops_name |= series.drops_name;
    return position->second;
  }
  void Count(size_t position, size_t step) {
    StepSeries& out = output_[position];
    out.Set(step, out.values[step] + 1);
  }
  StepVector Take() { return std::move(output_); }

 private:
  const std::string& label_;
  Grouping grouping_;
  const size_t steps_;
  QueryContext& context_;
  StepVector output_;
  absl::flat_hash_map<storage::LabelSet, size_t> positions_;
};

}  // namespace

absl::StatusOr<StepVector> CountValues(const Aggregation& aggregation, const StepVector& input,
                                       size_t steps, QueryContext* context) {
  Counts counts(aggregation, steps, context);
  absl::flat_hash_map<uint64_t, size_t> position_of_value;  // of the series at hand
  for (const StepSeries& series : input) {
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    position_of_value.clear();
    for (size_t step = 0; step < steps; ++step) {
      if (!series.present[step]) continue;
      if (!series.is_float(step)) {
        VARVE_ASSIGN_OR_RETURN(const size_t position,
                               counts.Find(series, HistogramText(*series.histograms[step])));
        counts.Count(position, step);
        continue;
      }
      const double value = series.values[step];
      const auto [found, is_new] =
          position_of_value.try_emplace(std::bit_cast<uint64_t>(value), size_t{0});
      if (is_new) {
        VARVE_ASSIGN_OR_RETURN(found->second, counts.Find(series, FormatFloat(value)));
      }
      counts.Count(found->second, step);
    }
  }
  return counts.Take();
}

}  // namespace varve::query::aggregation_internal
