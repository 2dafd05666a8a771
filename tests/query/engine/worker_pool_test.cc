#include "query/engine/worker_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

#include "query/engine/query_context.h"

namespace varve::query {
namespace {

TEST_SUITE("query/engine/worker_pool") {
  TEST_CASE("every index runs exactly once, nested loops included") {
    WorkerPool pool(3);
    std::vector<std::atomic<int>> ran(200);
    pool.ParallelFor(20, [&](size_t i) {
      pool.ParallelFor(10, [&](size_t k) { ran[i * 10 + k].fetch_add(1); });
    });
    for (const std::atomic<int>& count : ran) CHECK(count.load() == 1);
  }

  TEST_CASE("a pool without threads runs everything on the caller") {
    WorkerPool pool(0);
    int ran = 0;
    pool.ParallelFor(5, [&](size_t) { ++ran; });
    pool.Submit([&] { ++ran; });
    CHECK(ran == 6);
  }

  TEST_CASE("what was submitted has run when the pool is gone") {
    std::atomic<int> ran = 0;
    {
      WorkerPool pool(2);
      for (int i = 0; i < 100; ++i) pool.Submit([&] { ran.fetch_add(1); });
    }
    CHECK(ran.load() == 100);
  }
}

TEST_SUITE("query/engine/query_context") {
  TEST_CASE("ParallelFor answers the error of the smallest index") {
    WorkerPool pool(3);
    QueryContext context(QueryLimits(), &pool, nullptr);
    for (int round = 0; round < 50; ++round) {
      const absl::Status status = context.ParallelFor(100, [](size_t i) {
        if (i < 30) return absl::OkStatus();
        return absl::InternalError(std::to_string(i));
      });
      REQUIRE(status.message() == "30");
    }
  }

  TEST_CASE("limits have Prometheus's texts and codes") {
    QueryLimits limits;
    limits.samples_max = 10;
    limits.series_max = 2;
    limits.timeout_ms = 0;
    std::atomic<bool> cancelled = false;
    QueryContext context(limits, nullptr, &cancelled);
    {
      SampleHold hold;
      CHECK(hold.Set(&context, 10).ok());
      const absl::Status full = context.ChargeSamples(1);
      CHECK(absl::IsResourceExhausted(full));
      CHECK(full.message() ==
            "query processing would load too many samples into memory in query execution");
      context.ReleaseSamples(1);
    }
    CHECK(context.ChargeSamples(10).ok());
    CHECK(context.stats().peak_samples == 11);
    CHECK(context.ChargeSeries(2).ok());
    CHECK(absl::IsResourceExhausted(context.ChargeSeries(1)));
    const absl::Status late = context.CheckAlive();
    CHECK(absl::IsDeadlineExceeded(late));
    CHECK(late.message() == "query timed out in expression evaluation");
    cancelled = true;
    const absl::Status gone = context.CheckAlive();
    CHECK(absl::IsCancelled(gone));
    CHECK(gone.message() == "query was canceled in expression evaluation");
  }

  TEST_CASE("an annotation is kept once") {
    QueryContext context(QueryLimits(), nullptr, nullptr);
    context.AddWarning("a");
    context.AddWarning("b");
    context.AddWarning("a");
    context.AddInfo("a", "1:2");
    context.AddInfo("b", "1:3");
    context.AddInfo("a", "1:9");
    CHECK(context.warnings() == std::vector<std::string>{"a", "b"});
    CHECK(context.infos() == std::vector<std::string>{"a (1:9)", "b (1:3)"});
  }
}

}  // namespace
}  // namespace varve::query
