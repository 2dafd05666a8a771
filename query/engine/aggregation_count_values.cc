// count_values: one output series per group and distinct value.
#include <bit>

#include "absl/container/flat_hash_map.h"
#include "query/engine/aggregation_internal.h"
#include "query/engine/number_format.h"
#include "storage/status_macros.h"

namespace varve::query::aggregation_internal {

absl::StatusOr<StepVector> CountValues(const Aggregation& aggregation, const StepVector& input,
                                       size_t steps, QueryContext* context) {
  Grouping grouping = aggregation.grouping;
  if (!grouping.without) grouping.labels.push_back(aggregation.label);
  StepVector output;
  absl::flat_hash_map<storage::LabelSet, size_t> position_of_labels;
  absl::flat_hash_map<uint64_t, size_t> position_of_value;  // of the series at hand
  for (const StepSeries& series : input) {
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    position_of_value.clear();
    for (size_t step = 0; step < steps; ++step) {
      if (!series.present[step]) continue;
      const double value = series.values[step];
      const auto [found, is_new] =
          position_of_value.try_emplace(std::bit_cast<uint64_t>(value), output.size());
      if (is_new) {
        storage::LabelSet labels =
            GroupLabels(grouping, series.labels.With(aggregation.label, FormatFloat(value)));
        const auto [position, inserted] = position_of_labels.try_emplace(labels, output.size());
        if (inserted) {
          VARVE_RETURN_IF_ERROR(context->ChargeSamples(steps));
          output.emplace_back(std::move(labels), steps);
        }
        found->second = position->second;
      }
      StepSeries& out = output[found->second];
      out.Set(step, out.values[step] + 1);
    }
  }
  return output;
}

}  // namespace varve::query::aggregation_internal
