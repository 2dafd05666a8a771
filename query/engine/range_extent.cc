#include "query/engine/range_extent.h"

#include <algorithm>

namespace varve::query {

std::optional<RangeExtent> FindRangeExtent(std::span<const int64_t> timestamps_ms,
                                           const WindowBounds& windows, const WindowGrid& grid,
                                           size_t step, bool smoothed) {
  const uint32_t begin = windows.first[step];
  const uint32_t end = windows.last[step];
  if (begin >= end) return std::nullopt;
  const int64_t* const times = timestamps_ms.data();
  RangeExtent extent;
  extent.end_ms = grid.end_ms[step];
  extent.start_ms = extent.end_ms - grid.range_ms;
  const int64_t* const after_start = std::upper_bound(times + begin, times + end, extent.start_ms);
  extent.first = static_cast<uint32_t>(std::max(after_start - 1, times + begin) - times);
  extent.last = end - 1;
  if (smoothed) {
    const int64_t* const at_end = std::lower_bound(times + begin, times + end, extent.end_ms);
    extent.last = static_cast<uint32_t>(std::min(at_end, times + end - 1) - times);
  }
  if (times[extent.last] <= extent.start_ms || times[extent.first] > extent.end_ms) {
    return std::nullopt;
  }
  const bool interpolates = smoothed && extent.first < extent.last;
  extent.left_inside = interpolates && times[extent.first] < extent.start_ms;
  extent.right_inside = interpolates && times[extent.last] > extent.end_ms;
  return extent;
}

std::optional<SmoothedPosition> FindSmoothedPosition(std::span<const int64_t> timestamps_ms,
                                                     const WindowBounds& windows,
                                                     const WindowGrid& grid, size_t step) {
  const int64_t* const times = timestamps_ms.data();
  const uint32_t begin = windows.first[step];
  const uint32_t end = windows.last[step];
  const int64_t now = grid.end_ms[step];
  const auto after =
      static_cast<uint32_t>(std::upper_bound(times + begin, times + end, now) - times);
  if (after == begin) return std::nullopt;
  return SmoothedPosition{after - 1, after < end && times[after - 1] != now};
}

}  // namespace varve::query
