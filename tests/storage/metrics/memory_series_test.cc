#include "storage/metrics/memory_series.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>

namespace varve::storage {
namespace {

struct Columns {
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
};

Columns Read(const MemorySeries& series, TimeRange range_ms = TimeRange::All()) {
  Columns columns;
  const absl::Status status =
      DecodeChunks(series.Snapshot(range_ms), range_ms, &columns.timestamps_ms, &columns.values);
  REQUIRE(status.ok());
  return columns;
}

}  // namespace

TEST_SUITE("storage/metrics/memory_series") {
  TEST_CASE("samples come back bit for bit, special values included") {
    MemorySeries series(1, LabelSet{{"a", "b"}});
    const std::vector<double> values = {0.0,
                                        -0.0,
                                        StaleMarker(),
                                        std::nan(""),
                                        std::bit_cast<double>(uint64_t{0x7ff8000000000abc}),
                                        std::numeric_limits<double>::infinity(),
                                        -std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::denorm_min(),
                                        1e308};
    for (size_t i = 0; i < values.size(); ++i) {
      CHECK(series.Append({static_cast<int64_t>(i) * 15'000, values[i]}, 0) ==
            SampleOutcome::kAppended);
    }
    const Columns columns = Read(series);
    REQUIRE(columns.values.size() == values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      CHECK(std::bit_cast<uint64_t>(columns.values[i]) == std::bit_cast<uint64_t>(values[i]));
      CHECK(columns.timestamps_ms[i] == static_cast<int64_t>(i) * 15'000);
    }
  }

  TEST_CASE("the same sample again is a duplicate, another value a conflict") {
    MemorySeries series(1, {});
    for (int64_t i = 0; i < 500; ++i) series.Append({i * 1000, static_cast<double>(i)}, 0);
    CHECK(series.Append({499'000, 499}, 0) == SampleOutcome::kDuplicate);
    CHECK(series.Append({499'000, 1}, 0) == SampleOutcome::kConflict);
    CHECK(series.Append({3'000, 3}, 0) == SampleOutcome::kDuplicate);      // in a sealed chunk
    CHECK(series.Append({490'000, 490}, 0) == SampleOutcome::kDuplicate);  // in the open one
    CHECK(series.Append({3'000, 4}, 0) == SampleOutcome::kConflict);
    CHECK(series.Append({3'500, 4}, 0) == SampleOutcome::kAppended);
    CHECK(series.Append({3'500, 4}, 0) == SampleOutcome::kDuplicate);
    CHECK(series.Append({3'500, 5}, 0) == SampleOutcome::kConflict);
    CHECK(Read(series).values.size() == 501);
  }

  TEST_CASE("samples in any order, through flushes, read like a map of the same samples") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    MemorySeries series(1, {});
    std::map<int64_t, double> model;
    uint32_t epoch = 0;
    for (int i = 0; i < 5'000; ++i) {
      const int64_t timestamp_ms =
          random() % 3 == 0 ? static_cast<int64_t>(random() % 4'000) : 4'000 + i;
      const double value = static_cast<double>(random() % 10);
      const bool fresh = model.try_emplace(timestamp_ms, value).second;
      const SampleOutcome outcome = series.Append({timestamp_ms, value}, epoch);
      if (fresh) CHECK(outcome == SampleOutcome::kAppended);
      if (random() % 700 == 0) {
        series.TakeFlushing(++epoch);
        CHECK(series.EndFlush(false) == 0);
      }
    }
    const Columns columns = Read(series);
    REQUIRE(columns.timestamps_ms.size() == model.size());
    size_t i = 0;
    for (const auto& [timestamp_ms, value] : model) {
      CHECK(columns.timestamps_ms[i] == timestamp_ms);
      CHECK(columns.values[i] == value);
      ++i;
    }
    const Columns part = Read(series, {1'000, 4'500});
    CHECK(part.timestamps_ms.front() >= 1'000);
    CHECK(part.timestamps_ms.back() < 4'500);
    CHECK(static_cast<ptrdiff_t>(part.values.size()) ==
          std::distance(model.lower_bound(1'000), model.lower_bound(4'500)));
  }

  TEST_CASE("a published flush drops what it took and keeps what came later") {
    MemorySeries series(1, {});
    for (int64_t i = 0; i < 300; ++i) series.Append({i, 1}, 0);
    series.Append({-5, 1}, 0);                                      // out of order
    CHECK(series.Append({300, 1}, 1) == SampleOutcome::kAppended);  // the append cuts, epoch 1
    size_t taken = 0;
    for (const HeadChunkPtr& chunk : series.TakeFlushing(1)) taken += chunk->count;
    CHECK(taken == 301);
    CHECK(Read(series).values.size() == 302);  // still readable meanwhile
    series.Append({301, 1}, 1);
    CHECK(series.EndFlush(true) == 301);
    CHECK(Read(series).timestamps_ms == std::vector<int64_t>{300, 301});
    CHECK_FALSE(series.empty());
    series.TakeFlushing(2);
    CHECK(series.EndFlush(true) == 2);
    CHECK(series.empty());
  }
}

}  // namespace varve::storage
