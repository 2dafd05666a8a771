#include "query/engine/name_removal.h"

#include "query/engine/label_text.h"

namespace varve::query {

void DropMetricName(const QueryFeatures& features, StepSeries* series) {
  if (features.delayed_name_removal) {
    series->drops_name = true;
  } else {
    series->labels = WithoutMetricName(series->labels);
  }
}

absl::Status RemoveMarkedNames(StepVector* vector) {
  bool removed = false;
  for (StepSeries& series : *vector) {
    if (!series.drops_name) continue;
    series.labels = WithoutMetricName(series.labels);
    series.drops_name = false;
    removed = true;
  }
  return removed ? MergeSameLabels(vector) : absl::OkStatus();
}

}  // namespace varve::query
