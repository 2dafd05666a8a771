#include "server/metric_family_json.h"

#include <doctest/doctest.h>

#include <limits>

namespace varve::server {
namespace {

std::string Json(const MetricFamily& family) {
  std::string out;
  JsonWriter json(&out);
  WriteMetricFamily(family, &json);
  return out;
}

TEST_SUITE("server/metric_family_json") {
  TEST_CASE("counters and gauges have a value each") {
    CHECK(Json({"a_total", "counter", "A.", {{"", {{"x", "1"}, {"y", "2"}}, 3}, {"", {}, 0.5}}}) ==
          R"({"name":"a_total","help":"A.","type":"COUNTER","metric":[)"
          R"({"label":[{"name":"x","value":"1"},{"name":"y","value":"2"}],"counter":{"value":3}},)"
          R"({"label":[],"counter":{"value":0.5}}]})");
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(Json({"g", "gauge", "", {{"", {}, -infinity}}}) ==
          R"({"name":"g","help":"","type":"GAUGE","metric":[)"
          R"({"label":[],"gauge":{"value":"-Infinity"}}]})");
  }

  TEST_CASE("the samples of a histogram become one metric") {
    MetricsRegistry metrics;
    metrics.FindHistogram("h_seconds", "H.", {{"x", "1"}})->Observe(100);
    metrics.FindHistogram("h_seconds", "H.", {{"x", "2"}})->Observe(0.0001);
    const std::vector<MetricFamily> families = metrics.Gather();
    REQUIRE(families.size() == 1);
    const std::string json = Json(families[0]);
    CHECK(json.find(R"({"label":[{"name":"x","value":"1"}],"histogram":{"sampleSum":100,)"
                    R"("sampleCount":"1","bucket":[{"cumulativeCount":"0","upperBound":0.00025})") !=
          std::string::npos);
    CHECK(json.find(R"({"cumulativeCount":"1","upperBound":120},)"
                    R"({"cumulativeCount":"1","upperBound":"Infinity"}]}},{"label":[{"name":"x",)"
                    R"("value":"2"}])") != std::string::npos);
  }
}

}  // namespace
}  // namespace varve::server
