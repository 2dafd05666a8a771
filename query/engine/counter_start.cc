#include "query/engine/counter_start.h"

namespace varve::query {

bool CounterStarts::Overlap(const WindowBounds& windows) const {
  for (size_t i = 1; i < starts_ms.size(); ++i) {
    const int64_t start_ms = starts_ms[i];
    if (start_ms == 0 || start_ms >= timestamps_ms[i - 1] || start_ms == starts_ms[i - 1]) continue;
    for (size_t s = 0; s < windows.first.size(); ++s) {
      if (windows.first[s] < i && i < windows.last[s]) return true;
    }
  }
  return false;
}

}  // namespace varve::query
