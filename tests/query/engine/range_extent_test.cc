#include "query/engine/range_extent.h"

#include <vector>

#include <doctest/doctest.h>

namespace varve::query {
namespace {

// One window (100, 200] over samples, with 100 ms around it known.
struct Window {
  explicit Window(std::vector<int64_t> times) : timestamps_ms(std::move(times)) {
    grid.end_ms = grid.evaluated_ms = {200};
    grid.range_ms = 100;
    grid.before_ms = grid.after_ms = 100;
    bounds.Compute(grid, timestamps_ms);
  }
  std::optional<RangeExtent> Extent(bool smoothed) const {
    return FindRangeExtent(timestamps_ms, bounds, grid, 0, smoothed);
  }

  std::vector<int64_t> timestamps_ms;
  WindowGrid grid;
  WindowBounds bounds;
};

TEST_CASE(
    "a smoothed range takes one sample before and one after the window, to interpolate with") {
  const auto extent = Window({40, 90, 120, 180, 230, 260}).Extent(true);
  REQUIRE(extent.has_value());
  CHECK(extent->first == 1);
  CHECK(extent->last == 4);
  CHECK(extent->left_inside);
  CHECK(extent->right_inside);
  CHECK(extent->right_edge() == Edge::kRight);
}

TEST_CASE("an anchored range takes the last sample before the window and interpolates nothing") {
  Window window({40, 90, 120, 180, 230});
  window.grid.after_ms = 0;
  window.bounds.Compute(window.grid, window.timestamps_ms);
  const auto extent = window.Extent(false);
  REQUIRE(extent.has_value());
  CHECK(extent->first == 1);
  CHECK(extent->last == 3);
  CHECK_FALSE(extent->left_inside);
  CHECK_FALSE(extent->right_inside);
}

TEST_CASE("a sample exactly at an edge needs no other one") {
  const auto extent = Window({40, 100, 150, 200, 260}).Extent(true);
  REQUIRE(extent.has_value());
  CHECK(extent->first == 1);
  CHECK(extent->last == 3);
  CHECK_FALSE(extent->left_inside);
  CHECK_FALSE(extent->right_inside);
}

TEST_CASE("a window between two samples sees a reset between them once, from the left") {
  const auto extent = Window({50, 250}).Extent(true);
  REQUIRE(extent.has_value());
  CHECK(extent->left_inside);
  CHECK(extent->right_inside);
  CHECK(extent->right_edge() == Edge::kLeft);
}

TEST_CASE("no extent where no sample lies in the window or around its end") {
  CHECK_FALSE(Window({}).Extent(true).has_value());
  CHECK_FALSE(Window({40, 90}).Extent(true).has_value());
  CHECK_FALSE(Window({250, 280}).Extent(true).has_value());
}

TEST_CASE("the smoothed position of an instant: at a sample, between two, after all, before all") {
  const auto position = [](const Window& window) {
    return FindSmoothedPosition(window.timestamps_ms, window.bounds, window.grid, 0);
  };
  CHECK(position(Window({150, 200, 250}))->before == 1);
  CHECK_FALSE(position(Window({150, 200, 250}))->between);
  CHECK(position(Window({150, 250}))->before == 0);
  CHECK(position(Window({150, 250}))->between);
  CHECK_FALSE(position(Window({150, 180}))->between);
  CHECK_FALSE(position(Window({250})).has_value());
}

}  // namespace
}  // namespace varve::query
