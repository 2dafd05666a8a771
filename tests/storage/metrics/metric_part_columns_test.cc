#include "storage/metrics/metric_part_columns.h"

#include <numeric>
#include <vector>

#include <doctest/doctest.h>

namespace varve::storage {
namespace {

std::vector<int64_t> Grid(int64_t first, int64_t step, size_t count) {
  std::vector<int64_t> timestamps;
  for (size_t i = 0; i < count; ++i) timestamps.push_back(first + static_cast<int64_t>(i) * step);
  return timestamps;
}

TEST_SUITE("storage/metrics/metric_part_columns") {
  TEST_CASE("equal columns, beginnings and ends are found, others are not") {
    MetricPartColumns columns;
    const std::vector<int64_t> grid = Grid(1000, 15, 100);
    CHECK_FALSE(columns.Find(grid).has_value());
    columns.Insert(7, grid);

    const auto check = [&](size_t first, size_t count) {
      const std::vector<int64_t> slice(grid.begin() + static_cast<ptrdiff_t>(first),
                                       grid.begin() + static_cast<ptrdiff_t>(first + count));
      const std::optional<ColumnSlice> found = columns.Find(slice);
      REQUIRE(found.has_value());
      CHECK(found->column == 7);
      CHECK(found->first == first);
      CHECK(found->count == count);
    };
    check(0, 100);
    check(0, 1);
    check(0, 60);
    check(99, 1);
    check(30, 70);

    std::vector<int64_t> gap = grid;
    gap.erase(gap.begin() + 50);
    CHECK_FALSE(columns.Find(gap).has_value());
    CHECK_FALSE(columns.Find(Grid(1000, 15, 101)).has_value());
    CHECK_FALSE(columns.Find(Grid(1001, 15, 100)).has_value());
  }

  TEST_CASE("columns that nobody used for long are forgotten, used ones are not") {
    MetricPartColumns columns;
    const std::vector<int64_t> shared = Grid(5, 15, 1000);
    columns.Insert(0, shared);
    const size_t others = 2 * kRetainedTimestampsMax / 1000;
    for (uint32_t i = 1; i <= others; ++i) {
      columns.Insert(i, Grid(1'000'000 + i, 15, 1000));
      REQUIRE(columns.Find(shared).has_value());
    }
    CHECK_FALSE(columns.Find(Grid(1'000'001, 15, 1000)).has_value());
    CHECK(columns.Find(Grid(static_cast<int64_t>(1'000'000 + others), 15, 1000)).has_value());
  }

  TEST_CASE("a column larger than all that is kept is not kept") {
    MetricPartColumns columns;
    const std::vector<int64_t> huge = Grid(0, 1, kRetainedTimestampsMax + 1);
    columns.Insert(0, huge);
    CHECK_FALSE(columns.Find(huge).has_value());
  }
}
}  // namespace
}  // namespace varve::storage
