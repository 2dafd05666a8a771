// Which samples an `anchored` or `smoothed` range needs at a step, samples outside the window
// included, for floats and for histograms alike.
#ifndef QUERY_ENGINE_RANGE_EXTENT_H_
#define QUERY_ENGINE_RANGE_EXTENT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "query/engine/windows.h"

namespace varve::query {

// From which side a value between two samples is looked at, for a counter that was reset there.
enum class Edge { kLeft, kRight };

// The samples [first, last]; the outer ones may lie outside the window (start_ms, end_ms].
struct RangeExtent {
  uint32_t first;
  uint32_t last;
  int64_t start_ms;
  int64_t end_ms;
  bool left_inside;   // the window begins between `first` and the sample after it
  bool right_inside;  // it ends between `last` and the sample before it

  // Both edges between the same two samples: a reset between them was counted on the left.
  Edge right_edge() const {
    return left_inside && right_inside && last == first + 1 ? Edge::kLeft : Edge::kRight;
  }
};

// None where no sample lies in the window (nor, smoothed, around its end). `windows` are bounds
// into `timestamps_ms`, wide enough to have the samples around.
std::optional<RangeExtent> FindRangeExtent(std::span<const int64_t> timestamps_ms,
                                           const WindowBounds& windows, const WindowGrid& grid,
                                           size_t step, bool smoothed);

// The sample at or before the end of a step's window, and whether the end lies between it and the
// next one, which `windows` has as well. None where nothing lies before: where a series came from
// is not known.
struct SmoothedPosition {
  uint32_t before;
  bool between;
};
std::optional<SmoothedPosition> FindSmoothedPosition(std::span<const int64_t> timestamps_ms,
                                                     const WindowBounds& windows,
                                                     const WindowGrid& grid, size_t step);

}  // namespace varve::query

#endif  // QUERY_ENGINE_RANGE_EXTENT_H_
