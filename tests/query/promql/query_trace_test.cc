#include "query/engine/query_trace.h"

#include <doctest/doctest.h>

#include <string>

#include "query/engine/worker_pool.h"
#include "query/promql/promql_engine.h"
#include "tests/support/memory_querier.h"

namespace varve::query {
namespace {

constexpr StepGrid kGrid{60'000, 300'000, 60'000};

// Four series with a sample every 15 s from 0 on.
tests::MemoryQuerier FourSeries() {
  tests::MemoryQuerier querier;
  for (int i = 0; i < 4; ++i) {
    std::vector<storage::Sample> samples;
    for (int k = 0; k <= 20; ++k) samples.push_back({k * 15'000, static_cast<double>(k)});
    querier.Add({{"__name__", "m_total"}, {"id", std::to_string(i)}, {"job", i < 2 ? "a" : "b"}},
                samples);
  }
  return querier;
}

void Run(std::string_view expression, QueryTrace* trace) {
  const tests::MemoryQuerier querier = FourSeries();
  WorkerPool pool(2);
  QueryContext context(QueryLimits(), &pool, nullptr);
  context.set_trace(trace);
  const auto result =
      PromqlEngine(&pool, QueryLimits()).Range(querier, expression, kGrid, &context);
  INFO(result.status().ToString());
  REQUIRE(result.ok());
}

// The operators with their inputs in parentheses.
std::string Tree(const OperatorRecord& record) {
  std::string text = record.name;
  if (record.inputs.empty()) return text;
  text += "(";
  for (size_t i = 0; i < record.inputs.size(); ++i) {
    text += (i > 0 ? ", " : "") + Tree(*record.inputs[i]);
  }
  return text + ")";
}

TEST_SUITE("query/engine/query_trace") {
  TEST_CASE("an instant selector reads one sample of each series at each step") {
    QueryTrace trace(kGrid.count());
    Run("m_total", &trace);
    for (const StepSampleCount& step : trace.steps()) {
      CHECK(step.loaded == 4);
      CHECK(step.read == 4);
    }
  }

  TEST_CASE("a window loads all its samples, and reads those that are new to it") {
    QueryTrace trace(kGrid.count());
    Run("rate(m_total[2m])", &trace);
    // (end - 2m, end]: eight samples, of which half lay in the window before.
    CHECK(trace.steps()[0].loaded == 4 * 5);
    CHECK(trace.steps()[0].read == 4 * 5);
    CHECK(trace.steps()[1].loaded == 4 * 8);
    CHECK(trace.steps()[1].read == 4 * 4);
    CHECK(trace.total().read == 4 * 21);
  }

  TEST_CASE("what is the same at every step counts at every step") {
    QueryTrace trace(kGrid.count());
    Run("rate(m_total[1m] @ 120)", &trace);
    for (const StepSampleCount& step : trace.steps()) CHECK(step.loaded == 16);
  }

  TEST_CASE("a subquery loads its points, and its input is read at the last step") {
    QueryTrace trace(kGrid.count());
    Run("max_over_time(m_total[1m:30s])", &trace);
    for (const StepSampleCount& step : trace.steps()) CHECK(step.loaded == 4 * 2);
    CHECK(trace.steps().front().read == 0);
    CHECK(trace.steps().back().read == 4 * 10);
  }

  TEST_CASE("operators nest as they are written, each with its samples and series") {
    QueryTrace trace(kGrid.count());
    Run("-topk(2, sum by (job) (rate(m_total{id!=\"3\"}[1m]))) + on (job) "
        "max by (job) (up or m_total offset 1m)",
        &trace);
    CHECK(Tree(trace.root()) ==
          "(+ on (job)(-(topk(2, sum by (job)(rate(m_total{id!=\"3\"}[1m])))), "
          "max by (job)(or(up, m_total offset 1m))))");
    const OperatorRecord* record = trace.root().inputs.front().get();
    while (!record->inputs.empty()) {  // the first input of topk is its parameter
      const auto& inputs = record->inputs;
      record = (record->name == "topk" ? inputs.back() : inputs.front()).get();
    }
    CHECK(record->name == "m_total{id!=\"3\"}[1m]");
    CHECK(record->samples == 3 * 20);
    CHECK(record->series == 3);
    CHECK(record->bytes > record->samples * 16);
  }
}

}  // namespace
}  // namespace varve::query
