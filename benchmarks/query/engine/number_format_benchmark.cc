// What a number costs in an answer: ours against std::to_chars, for values as queries have them.
#include <benchmark/benchmark.h>

#include <array>
#include <charconv>
#include <cmath>
#include <random>
#include <vector>

#include "query/engine/number_format.h"

namespace varve::query {
namespace {

enum Kind { kRates, kShortDecimals, kIntegers };

std::vector<double> Values(Kind kind) {
  std::mt19937_64 random(1);
  std::vector<double> values(4096);
  for (double& value : values) {
    switch (kind) {
      case kRates:
        value = static_cast<double>(random() % 1'000'000) / 285.0;
        break;
      case kShortDecimals:
        value = static_cast<double>(random() % 1'000'000) / 100;
        break;
      case kIntegers:
        value = static_cast<double>(random() >> (20 + random() % 40));
        break;
    }
  }
  return values;
}

void BenchmarkWriteJsonFloat(benchmark::State& state) {
  const std::vector<double> values = Values(static_cast<Kind>(state.range(0)));
  std::array<char, kJsonFloatRoom> text;
  for (auto _ : state) {
    for (const double value : values) benchmark::DoNotOptimize(WriteJsonFloat(value, text.data()));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(values.size()));
}
BENCHMARK(BenchmarkWriteJsonFloat)->Arg(kRates)->Arg(kShortDecimals)->Arg(kIntegers);

void BenchmarkToChars(benchmark::State& state) {
  const std::vector<double> values = Values(static_cast<Kind>(state.range(0)));
  std::array<char, 400> text;
  for (auto _ : state) {
    for (const double value : values) {
      benchmark::DoNotOptimize(
          std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed)
              .ptr);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(values.size()));
}
BENCHMARK(BenchmarkToChars)->Arg(kRates)->Arg(kShortDecimals)->Arg(kIntegers);

}  // namespace
}  // namespace varve::query
