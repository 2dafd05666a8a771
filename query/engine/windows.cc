#include "query/engine/windows.h"

#include <algorithm>
#include <utility>

#include "query/engine/rollup_extrapolation.h"

namespace varve::query {

storage::TimeRange WindowGrid::Covered() const {
  if (end_ms.empty()) return {};
  return storage::TimeRange::Inclusive(end_ms.front() - range_ms - before_ms + 1,
                                       end_ms.back() + after_ms);
}

WindowGrid MakeWindowGrid(const StepGrid& grid, int64_t range_ms) {
  WindowGrid windows;
  windows.range_ms = range_ms;
  const size_t steps = grid.count();
  windows.evaluated_ms.reserve(steps);
  for (size_t s = 0; s < steps; ++s) windows.evaluated_ms.push_back(grid.time_ms(s));
  windows.end_ms = windows.evaluated_ms;
  return windows;
}

void WindowBounds::Compute(const WindowGrid& grid, std::span<const int64_t> timestamps_ms) {
  const size_t steps = grid.count();
  first.resize(steps);
  last.resize(steps);
  const auto size = static_cast<uint32_t>(timestamps_ms.size());
  uint32_t begin = 0;
  uint32_t end = 0;
  for (size_t s = 0; s < steps; ++s) {
    const int64_t right = grid.end_ms[s] + grid.after_ms;
    const int64_t left = grid.end_ms[s] - grid.range_ms - grid.before_ms;
    while (end < size && timestamps_ms[end] <= right) ++end;
    while (begin < end && timestamps_ms[begin] <= left) ++begin;
    first[s] = begin;
    last[s] = end;
  }
  reach.clear();
  if (!grid.extrapolates) return;
  reach.resize(steps);
  for (size_t s = 0; s < steps; ++s) {
    if (last[s] - first[s] < 2) continue;
    reach[s] = ReachOf(grid, s, SamplesOfWindow(timestamps_ms, first[s], last[s]));
  }
}

const WindowBounds& WindowCache::Get(const storage::TimestampColumn& column,
                                     WindowScratch* scratch) {
  if (scratch->column == column && scratch->bounds != nullptr) return *scratch->bounds;
  bool full = false;
  {
    storage::MutexLock lock(&mutex_);
    const auto found = entries_.find(column.get());
    if (found != entries_.end()) {
      scratch->column = column;
      scratch->bounds = found->second.bounds;
      return *scratch->bounds;
    }
    full = entries_.size() >= kColumnsMax;
  }
  if (full) {
    scratch->local.Compute(grid_, *column);
    return scratch->local;
  }
  // Two threads may compute the same bounds at once; the first one's stay.
  auto bounds = std::make_shared<WindowBounds>();
  bounds->Compute(grid_, *column);
  storage::MutexLock lock(&mutex_);
  const auto position = entries_.try_emplace(column.get(), Entry{column, bounds}).first;
  scratch->column = column;
  scratch->bounds = position->second.bounds;
  return *scratch->bounds;
}

}  // namespace varve::query
