// PromqlEngine over series in memory: the cost of evaluation, without storage and JSON.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

#include "query/engine/worker_pool.h"
#include "query/promql/promql_engine.h"
#include "tests/support/memory_querier.h"

namespace varve::query {
namespace {

constexpr int64_t kStartMs = 1'700'000'000'000;
constexpr int64_t kScrapeMs = 15'000;

// 96 instances of 12 counters with 3 hours of samples.
const tests::MemoryQuerier& Counters() {
  static const tests::MemoryQuerier* const querier = [] {
    auto* filled = new tests::MemoryQuerier();
    for (int instance = 0; instance < 96; ++instance) {
      for (int cpu = 0; cpu < 12; ++cpu) {
        std::vector<storage::Sample> samples;
        double value = instance;
        for (int i = 0; i < 3 * 240; ++i) {
          value += std::fmod(i * 7.3 + cpu * 1.7, 11.0);
          if ((i + instance) % 500 == 499) value = 0;
          samples.push_back({kStartMs + i * kScrapeMs, value});
        }
        filled->Add({{"__name__", "cpu_seconds_total"},
                     {"cpu", std::to_string(cpu)},
                     {"instance", "host-" + std::to_string(instance)},
                     {"job", "node"},
                     {"le", cpu == 11 ? std::string("+Inf") : std::to_string(cpu)}},
                    samples);
      }
    }
    return filled;
  }();
  return *querier;
}

void Evaluate(benchmark::State& state, const std::string& expr, int64_t step_ms) {
  const tests::MemoryQuerier& querier = Counters();
  WorkerPool pool(1);  // and the calling thread
  const QueryLimits limits;
  const PromqlEngine engine(&pool, limits);
  const StepGrid grid{kStartMs + 2 * 3'600'000, kStartMs + 3 * 3'600'000 - 1, step_ms};
  const StepGrid long_grid{kStartMs, kStartMs + 3 * 3'600'000 - 1, step_ms};
  for (auto _ : state) {
    QueryContext context(limits, &pool, nullptr);
    const auto result = engine.Range(querier, expr, step_ms == 15'000 ? grid : long_grid, &context);
    if (!result.ok()) state.SkipWithError(std::string(result.status().message()).c_str());
    benchmark::DoNotOptimize(result);
  }
}

void BM_PromqlEngine_Range(benchmark::State& state, const char* expr, int64_t step_ms) {
  Evaluate(state, expr, step_ms);
}

BENCHMARK_CAPTURE(BM_PromqlEngine_Range, rate, "rate(cpu_seconds_total[5m])", 15'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_PromqlEngine_Range, selector, "cpu_seconds_total", 15'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_PromqlEngine_Range, sum_rate,
                  "sum by (instance) (rate(cpu_seconds_total[5m]))", 60'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_PromqlEngine_Range, count, "count by (job) (cpu_seconds_total)", 60'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_PromqlEngine_Range, histogram_quantile,
                  "histogram_quantile(0.9, sum by (le, instance) (rate(cpu_seconds_total[5m])))",
                  60'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_PromqlEngine_Range, quantile_over_time,
                  "quantile_over_time(0.9, cpu_seconds_total[30m])", 60'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_PromqlEngine_Range, avg_over_time, "avg_over_time(cpu_seconds_total[30m])",
                  60'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_PromqlEngine_Range, max_over_time, "max_over_time(cpu_seconds_total[30m])",
                  60'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_PromqlEngine_Range, ratio,
                  "rate(cpu_seconds_total[5m]) / on (instance, cpu) cpu_seconds_total", 60'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace varve::query
