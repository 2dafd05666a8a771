#include <doctest/doctest.h>

#include <string>

#include "query/logql/log_vector_source.h"
#include "query/logql/mixed_engine.h"
#include "query/promql/promql_engine.h"
#include "tests/support/memory_log_querier.h"
#include "tests/support/memory_querier.h"

namespace varve::query {
namespace {

using storage::LabelSet;
using storage::Matcher;
using storage::TimeRange;

constexpr int64_t kSecond = 1'000'000'000;

// Metrics and logs in memory behind one interface.
class BothQuerier final : public storage::Querier {
 public:
  BothQuerier() {
    std::vector<storage::Sample> requests;
    std::vector<storage::Sample> sevens;
    for (int64_t t = 0; t <= 600; t += 15) {
      requests.push_back({t * 1000, static_cast<double>(t) * 2});
      sevens.push_back({t * 1000, 7});
    }
    metrics.Add(LabelSet{{"__name__", "requests_total"}, {"app", "x"}}, requests);
    metrics.Add(LabelSet{{"__name__", "logs"}, {"app", "x"}}, sevens);
    // One error every 10 s, one fine line every 5 s; durations grow by 1 each second.
    for (int64_t t = 5; t <= 600; t += 5) {
      logs.Add(LabelSet{{"app", "x"}}, t * kSecond,
               (t % 10 == 0 ? "level=error took=" : "level=info took=") + std::to_string(t));
    }
  }

  absl::StatusOr<std::unique_ptr<storage::MetricSelection>> SelectMetrics(
      const std::vector<Matcher>& matchers, TimeRange range_ms) const override {
    return metrics.SelectMetrics(matchers, range_ms);
  }
  absl::StatusOr<std::unique_ptr<storage::LogSelection>> SelectLogs(
      const std::vector<Matcher>& matchers, TimeRange range_ns) const override {
    return logs.SelectLogs(matchers, range_ns);
  }
  absl::StatusOr<std::vector<std::string>> MetricLabelNames(const std::vector<Matcher>&,
                                                            TimeRange) const override {
    return std::vector<std::string>();
  }
  absl::StatusOr<std::vector<std::string>> MetricLabelValues(std::string_view,
                                                             const std::vector<Matcher>&,
                                                             TimeRange) const override {
    return std::vector<std::string>();
  }
  absl::StatusOr<std::vector<std::string>> LogLabelNames(const std::vector<Matcher>&,
                                                         TimeRange) const override {
    return std::vector<std::string>();
  }
  absl::StatusOr<std::vector<std::string>> LogLabelValues(std::string_view,
                                                          const std::vector<Matcher>&,
                                                          TimeRange) const override {
    return std::vector<std::string>();
  }
  absl::StatusOr<storage::LogVolume> Volume(const std::vector<Matcher>&, TimeRange) const override {
    return storage::LogVolume();
  }

  tests::MemoryQuerier metrics;
  test::MemoryLogQuerier logs;
};

// The one value of an instant query at 600 s; the error's text where it fails.
std::string ShownOf(const absl::StatusOr<QueryResult>& result) {
  if (!result.ok()) return std::string(result.status().message());
  if (const auto* scalar = std::get_if<ScalarResult>(&result->value)) {
    return std::to_string(scalar->sample.value);
  }
  if (const auto* matrix = std::get_if<MatrixResult>(&result->value)) {
    std::string shown;
    for (const auto& series : matrix->series) {
      shown += series.labels.ToString() + ":" + std::to_string(series.samples.size()) + " ";
    }
    return shown;
  }
  std::string shown;
  for (const auto& item : std::get<VectorResult>(result->value).items) {
    std::string value = std::to_string(item.sample.value);
    while (value.back() == '0') value.pop_back();
    if (value.back() == '.') value.pop_back();
    if (!shown.empty()) shown += " ";
    shown += item.labels.ToString() + "=" + value;
  }
  return shown;
}

std::string Prometheus(const BothQuerier& querier, std::string_view text) {
  static const LogqlVectorSource logs;
  QueryContext context(QueryLimits(), nullptr, nullptr);
  return ShownOf(
      PromqlEngine(nullptr, QueryLimits(), &logs).Instant(querier, text, 600'000, &context));
}

std::string Loki(const BothQuerier& querier, std::string_view text) {
  QueryContext context(QueryLimits(), nullptr, nullptr);
  return ShownOf(MixedEngine().Instant(querier, text, 600 * kSecond, 100,
                                       storage::Direction::kBackward, &context));
}

TEST_SUITE("query/logql/mixed_engine") {
  TEST_CASE("PromQL reads logs where a log selector has a stage") {
    const BothQuerier querier;
    CHECK(Prometheus(querier, "rate(logs{app=\"x\"} |= \"error\" [5m])") == "{app=\"x\"}=0.1");
    CHECK(Prometheus(querier,
                     "sum(rate(logs{app=\"x\"} |= \"error\" [5m])) / "
                     "sum(rate(requests_total{app=\"x\"}[5m]))") == "{}=0.05");
    CHECK(Prometheus(querier,
                     "count_over_time(logs{app=\"x\"} | logfmt | level=\"info\" "
                     "| drop took [1m] offset 1m)") == "{app=\"x\", level=\"info\"}=6");
    CHECK(Prometheus(querier, "sum(bytes_over_time(logs{app=\"x\"} |= \"error\" [1m]))") ==
          "{}=120");
    CHECK(Prometheus(querier, "absent_over_time(logs{app=\"y\"} |= \"\" [1m])") == "{app=\"y\"}=1");
  }

  TEST_CASE("logs without a stage is the metric of that name") {
    const BothQuerier querier;
    CHECK(Prometheus(querier, "sum_over_time(logs{app=\"x\"}[1m])") == "{app=\"x\"}=28");
    CHECK(Prometheus(querier, "logs != 3") == "logs{app=\"x\"}=7");
    CHECK(Prometheus(querier, "logs") == "logs{app=\"x\"}=7");
  }

  TEST_CASE("functions that LogQL lacks see a sample per entry") {
    const BothQuerier querier;
    const std::string_view took = "logs{app=\"x\"} | logfmt took | unwrap took [1m]";
    CHECK(Prometheus(querier, "deriv(" + std::string(took) + ")") == "{app=\"x\"}=1");
    CHECK(Prometheus(querier, "changes(" + std::string(took) + ")") == "{app=\"x\"}=11");
    CHECK(Prometheus(querier, "present_over_time(logs{app=\"x\"} |= \"error\" [1m])") ==
          "{app=\"x\"}=1");
    CHECK(Prometheus(querier, std::string(took)) == "{app=\"x\"}:12 ");
    CHECK(Prometheus(querier, "predict_linear(" + std::string(took) + ", 100)") ==
          "{app=\"x\"}=700");
  }

  TEST_CASE("subqueries and @ work on logs, on both APIs") {
    const BothQuerier querier;
    const std::string inner = "count_over_time(logs{app=\"x\"} |= \"error\" [1m])";
    CHECK(Prometheus(querier, "sum_over_time(" + inner + "[2m:1m])") == "{app=\"x\"}=12");
    CHECK(Prometheus(querier, "count_over_time(logs{app=\"x\"} |= \"error\" [1m] @ 30)") ==
          "{app=\"x\"}=3");
    CHECK(Loki(querier, "max_over_time(rate({app=\"x\"} |= \"error\" [1m])[5m:1m])") ==
          "{app=\"x\"}=0.1");
    CHECK(Loki(querier, "count_over_time({app=\"x\"}[1m] @ 30)") == "{app=\"x\"}=6");
    CHECK(Loki(querier, "deriv({app=\"x\"} | logfmt took | unwrap took [1m])") == "{app=\"x\"}=1");
  }

  TEST_CASE("a step of a range query with @ is as every other") {
    const BothQuerier querier;
    QueryContext context(QueryLimits(), nullptr, nullptr);
    const auto result =
        MixedEngine().Range(querier, "count_over_time({app=\"x\"}[1m] @ 30)", 0, 600 * kSecond,
                            60 * kSecond, 100, storage::Direction::kBackward, &context);
    REQUIRE(result.ok());
    const auto& matrix = std::get<MatrixResult>(result->value);
    REQUIRE(matrix.series.size() == 1);
    REQUIRE(matrix.series[0].samples.size() == 11);
    for (const storage::Sample& sample : matrix.series[0].samples) CHECK(sample.value == 6);
  }

  TEST_CASE("on the Loki API a name is a metric") {
    const BothQuerier querier;
    CHECK(Loki(querier, "rate(requests_total{app=\"x\"}[5m])") == "{app=\"x\"}=2");
    CHECK(
        Loki(querier, "sum(rate({app=\"x\"} |= \"error\" [5m])) / sum(rate(requests_total[5m]))") ==
        "{}=0.05");
    CHECK(Loki(querier, "requests_total") == "requests_total{app=\"x\"}=1200");
  }

  TEST_CASE("LogQL stays LogQL, and so do its mistakes") {
    const BothQuerier querier;
    CHECK(Loki(querier, "1 / 0").find("nan") != std::string::npos);
    CHECK(Loki(querier, "sum({app=\"x\"})") ==
          "parse error at line 1, col 14: syntax error: unexpected )");
    CHECK(Loki(querier, "rate({app=\"x\"}[5])").find("not a valid duration string") !=
          std::string::npos);
    CHECK(Loki(querier, "topk(0, rate({app=\"x\"}[5m]))").find("must be greater than 0") !=
          std::string::npos);
    CHECK(Loki(querier, "foo(1)") ==
          "parse error at line 1, col 1: syntax error: unexpected "
          "IDENTIFIER");
    CHECK(Loki(querier, "-rate({app=\"x\"}[5m])").find("parse error at line 1") !=
          std::string::npos);
    CHECK(Loki(querier, "{app=\"x\"").find("parse error at line 1") != std::string::npos);
  }

  TEST_CASE("errors of a log query inside PromQL are told in LogQL's words") {
    const BothQuerier querier;
    CHECK(Prometheus(querier, "rate(logs{app=\"x\"} | regexp \"(\" [5m])")
              .find("missing closing )") != std::string::npos);
    CHECK(Prometheus(querier, "sum_over_time(logs{app=\"x\"} |= \"a\" [5m])")
              .find("invalid aggregation sum_over_time without unwrap") != std::string::npos);
    CHECK(Prometheus(querier, "deriv(logs{app=\"x\"} | logfmt | unwrap level [5m])")
              .find("pipeline error: 'SampleExtractionErr'") != std::string::npos);
  }
}

}  // namespace
}  // namespace varve::query
