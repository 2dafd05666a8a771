// What an instant selector sees of a series at each step.
#include "query/engine/rollup.h"
#include "storage/model/sample.h"

namespace varve::query {

void RollupInstant(const RollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t last = input.windows.last[s];
    if (last == input.windows.first[s]) continue;
    const double value = input.values[last - 1];
    if (!storage::IsStaleMarker(value)) out->Set(s, value);
  }
}

void RollupInstantTimestamp(const RollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t last = input.windows.last[s];
    if (last == input.windows.first[s]) continue;
    if (storage::IsStaleMarker(input.values[last - 1])) continue;
    out->Set(s, static_cast<double>(input.timestamps_ms[last - 1]) / 1000);
  }
}

}  // namespace varve::query
