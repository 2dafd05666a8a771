// Every rollup against a loop over each window, written the slow way, on random samples.
#include "query/engine/rollup.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "query/engine/kahan_sum.h"
#include "query/engine/quantile.h"

namespace varve::query {
namespace {

struct Window {
  std::vector<int64_t> times;
  std::vector<double> values;
  int64_t start_ms;
  int64_t end_ms;
};
// The value of a window; false where it has none.
using Reference = std::function<bool(const Window&, double*)>;

bool SlowRate(const Window& w, bool counter, bool rate, double* out) {
  const size_t n = w.values.size();
  if (n < 2) return false;
  double growth = w.values[n - 1] - w.values[0];
  if (counter) {
    double before = w.values[0];
    for (size_t i = 1; i < n; ++i) {
      if (w.values[i] < before) growth += before;
      before = w.values[i];
    }
  }
  double to_start = static_cast<double>(w.times[0] - w.start_ms) / 1000;
  double to_end = static_cast<double>(w.end_ms - w.times[n - 1]) / 1000;
  const double sampled = static_cast<double>(w.times[n - 1] - w.times[0]) / 1000;
  const double average = sampled / static_cast<double>(n - 1);
  if (to_start >= average * 1.1) to_start = average / 2;
  if (counter && growth > 0 && w.values[0] >= 0) {
    to_start = std::min(to_start, sampled * (w.values[0] / growth));
  }
  if (to_end >= average * 1.1) to_end = average / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (rate) factor /= static_cast<double>(w.end_ms - w.start_ms) / 1000;
  *out = growth * factor;
  return true;
}

bool SlowExtreme(const Window& w, bool min, double* out) {
  if (w.values.empty()) return false;
  *out = w.values[0];
  for (const double value : w.values) {
    if ((min ? value < *out : value > *out) || std::isnan(*out)) *out = value;
  }
  return true;
}

bool SlowQuantile(const Window& w, double share, double* out) {
  if (w.values.empty()) return false;
  std::vector<double> sorted = w.values;
  std::sort(sorted.begin(), sorted.end(), LessNanFirst);
  *out = QuantileOfSorted(share, sorted);
  return true;
}

bool SlowSum(const Window& w, double* out) {
  double lost = 0;
  *out = 0;
  for (const double value : w.values) KahanAdd(value, out, &lost);
  if (!std::isinf(*out)) *out += lost;
  return !w.values.empty();
}

bool SlowChanges(const Window& w, double* out) {
  *out = 0;
  for (size_t i = 1; i < w.values.size(); ++i) {
    const bool both_nan = std::isnan(w.values[i]) && std::isnan(w.values[i - 1]);
    if (w.values[i] != w.values[i - 1] && !both_nan) *out += 1;
  }
  return !w.values.empty();
}

bool SlowResets(const Window& w, double* out) {
  *out = 0;
  for (size_t i = 1; i < w.values.size(); ++i) *out += w.values[i] < w.values[i - 1] ? 1 : 0;
  return !w.values.empty();
}

struct Series {
  std::vector<int64_t> times;
  std::vector<double> values;
};

Series RandomSeries(std::mt19937_64* random, bool with_nan) {
  Series series;
  int64_t time = static_cast<int64_t>((*random)() % 50'000);
  double value = 0;
  const size_t count = (*random)() % 400;
  for (size_t i = 0; i < count; ++i) {
    value += static_cast<double>((*random)() % 1000) / 7;
    if ((*random)() % 20 == 0) value = static_cast<double>((*random)() % 10) - 3;
    series.times.push_back(time);
    series.values.push_back(with_nan && (*random)() % 6 == 0 ? std::nan("") : value);
    time += 1 + static_cast<int64_t>((*random)() % ((*random)() % 9 == 0 ? 200'000 : 15'000));
  }
  return series;
}

void Compare(Rollup rollup, const Reference& reference, bool with_nan, double parameter) {
  const uint64_t seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937_64 random(seed);
  RollupScratch scratch;
  for (int round = 0; round < 60; ++round) {
    const Series series = RandomSeries(&random, with_nan);
    const StepGrid steps{static_cast<int64_t>(random() % 100'000),
                         static_cast<int64_t>(random() % 3'000'000),
                         static_cast<int64_t>(1 + random() % 60'000)};
    if (steps.count() == 0) continue;
    WindowGrid grid = MakeWindowGrid(steps, static_cast<int64_t>(1 + random() % 600'000));
    grid.extrapolates = round % 2 == 0;
    WindowBounds bounds;
    bounds.Compute(grid, series.times);
    const std::vector<double> parameters(grid.count(), parameter);
    StepSeries out(storage::LabelSet(), grid.count());
    rollup({.timestamps_ms = series.times,
            .values = series.values,
            .grid = grid,
            .windows = bounds,
            .parameter = parameters,
            .scratch = &scratch},
           &out);
    for (size_t s = 0; s < grid.count(); ++s) {
      Window window{{}, {}, grid.end_ms[s] - grid.range_ms, grid.end_ms[s]};
      for (size_t i = 0; i < series.times.size(); ++i) {
        if (series.times[i] <= window.start_ms || series.times[i] > window.end_ms) continue;
        window.times.push_back(series.times[i]);
        window.values.push_back(series.values[i]);
      }
      double want = 0;
      const bool has = reference(window, &want);
      REQUIRE(has == (out.present[s] != 0));
      if (!has) continue;
      if (std::isnan(want)) {
        REQUIRE(std::isnan(out.values[s]));
      } else {
        REQUIRE(std::bit_cast<uint64_t>(out.values[s] + 0.0) ==
                std::bit_cast<uint64_t>(want + 0.0));
      }
    }
  }
}

TEST_SUITE("query/engine/rollup") {
  TEST_CASE("rate, increase and delta equal a loop over the window bit for bit") {
    Compare(
        RollupRate, [](const Window& w, double* v) { return SlowRate(w, true, true, v); }, false,
        0);
    Compare(
        RollupIncrease, [](const Window& w, double* v) { return SlowRate(w, true, false, v); },
        false, 0);
    Compare(
        RollupDelta, [](const Window& w, double* v) { return SlowRate(w, false, false, v); }, false,
        0);
  }

  TEST_CASE("changes and resets count as a loop over the window does, NaN included") {
    Compare(RollupChanges, SlowChanges, true, 0);
    Compare(RollupResets, SlowResets, true, 0);
  }

  TEST_CASE("extremes slide as if each window was looked at alone, NaN included") {
    Compare(
        RollupMin, [](const Window& w, double* v) { return SlowExtreme(w, true, v); }, true, 0);
    Compare(
        RollupMax, [](const Window& w, double* v) { return SlowExtreme(w, false, v); }, true, 0);
  }

  TEST_CASE("quantiles slide as if each window was sorted alone, NaN included") {
    for (const double share : {0.0, 0.33, 0.9, 1.0, -1.0, 2.0}) {
      Compare(
          RollupQuantile, [share](const Window& w, double* v) { return SlowQuantile(w, share, v); },
          true, share);
    }
  }

  TEST_CASE("sums and means keep the order of the samples") {
    Compare(RollupSum, SlowSum, true, 0);
    const auto mean = [](const Window& w, double* v) {
      KahanMean sum;
      for (const double value : w.values) sum.Add(value);
      *v = sum.Mean();
      return !w.values.empty();
    };
    Compare(RollupAvg, mean, false, 0);
  }

  TEST_CASE("a stale marker ends what an instant selector sees, another NaN does not") {
    const std::vector<int64_t> times = {0, 10, 20};
    const WindowGrid grid = MakeWindowGrid({0, 20, 10}, 300'000);
    WindowBounds bounds;
    bounds.Compute(grid, times);
    const std::vector<double> values = {1, storage::StaleMarker(), std::nan("")};
    StepSeries out(storage::LabelSet(), 3);
    RollupInstant({.timestamps_ms = times, .values = values, .grid = grid, .windows = bounds},
                  &out);
    CHECK(out.present == std::vector<uint8_t>{1, 0, 1});
    CHECK(std::isnan(out.values[2]));
  }

  TEST_CASE("windows are open on the left and closed on the right") {
    const WindowGrid grid = MakeWindowGrid({10, 20, 10}, 10);
    WindowBounds bounds;
    const std::vector<int64_t> times = {0, 5, 10, 20};
    bounds.Compute(grid, times);
    CHECK(bounds.first == std::vector<uint32_t>{1, 3});
    CHECK(bounds.last == std::vector<uint32_t>{3, 4});
    CHECK(grid.Covered() == storage::TimeRange{1, 21});
  }

  TEST_CASE("series with the same column share its bounds, and the cache keeps the column alive") {
    WindowCache cache(MakeWindowGrid({0, 100, 10}, 50));
    const auto column = std::make_shared<const std::vector<int64_t>>(std::vector<int64_t>{1, 2, 3});
    WindowScratch first;
    WindowScratch second;
    CHECK(&cache.Get(column, &first) == &cache.Get(column, &second));
    CHECK(column.use_count() > 1);
  }
}

}  // namespace
}  // namespace varve::query
