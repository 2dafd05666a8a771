#include "server/query_statistics.h"

#include <doctest/doctest.h>

namespace varve::server {
namespace {

TEST_SUITE("server/query_statistics") {
  TEST_CASE("statistics have Prometheus's keys, and steps where they are asked for") {
    query::QueryTrace trace(2);
    trace.AddSamples({{3, 2}, {4, 1}});
    trace.preparation_ns = 1'000'000;
    trace.evaluation_ns = 5'000'000;
    trace.sort_ns = 2'000'000;
    QueryStatistics statistics{.trace = trace,
                               .grid = {1'000'000, 1'000'500, 500},
                               .peak_samples = 9,
                               .queue_ns = 10'000,
                               .total_ns = 7'000'000};
    std::string out;
    {
      JsonWriter json(&out);
      WriteQueryStatistics(statistics, &json);
    }
    CHECK(out == R"({"timings":{"evalTotalTime":0.006,"resultSortTime":0.002,)"
                 R"("queryPreparationTime":0.001,"innerEvalTime":0.003,"execQueueTime":0.00001,)"
                 R"("execTotalTime":0.007},"samples":{"totalQueryableSamples":7,"samplesRead":3,)"
                 R"("peakSamples":9}})");
    out.clear();
    statistics.per_step = true;
    JsonWriter json(&out);
    WriteQueryStatistics(statistics, &json);
    CHECK(out.find(R"("samples":{"totalQueryableSamplesPerStep":[[1000,3],[1000.5,4]],)"
                   R"("totalQueryableSamples":7,"samplesReadPerStep":[[1000,2],[1000.5,1]],)"
                   R"("samplesRead":3,)") != std::string::npos);
  }

  TEST_CASE("a plan nests its operators") {
    query::QueryTrace trace(1);
    {
      query::OperatorScope sum(&trace, "sum");
      {
        query::OperatorScope rate(&trace, "rate");
        trace.AddSamples({{5, 5}});
      }
      sum.SetResult(1, 1);
    }
    std::string out;
    JsonWriter json(&out);
    WriteQueryPlan(trace, &json);
    CHECK(out.starts_with(R"({"operator":"sum","seconds":)"));
    CHECK(out.find(R"("series":1,"samples":0,)") != std::string::npos);
    CHECK(out.find(R"("inputs":[{"operator":"rate","seconds":)") != std::string::npos);
    CHECK(out.find(R"("series":0,"samples":5,"bytes":80,"inputs":[]}]})") != std::string::npos);
  }
}

}  // namespace
}  // namespace varve::server
