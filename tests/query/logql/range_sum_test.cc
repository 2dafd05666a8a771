// Sums of unwrapped values: added up as they come where they are integers, kept and put in order
// else. Both give what a plain sum in the order of time gives, to the last bit.
#include <doctest/doctest.h>

#include <bit>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "query/logql/logql_engine.h"
#include "tests/support/memory_log_querier.h"

namespace varve::query {
namespace {

using storage::Direction;
using storage::LabelSet;
using test::MemoryLogQuerier;

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kRangeS = 7;
constexpr int64_t kLastS = 60;

struct Values {
  MemoryLogQuerier querier;
  std::map<int64_t, double> by_time;  // no two at one time
};

void Add(size_t stream, int64_t time_ns, const std::string& text, Values* values) {
  values->querier.Add(LabelSet{{"a", std::to_string(stream)}}, time_ns, "v=" + text);
  values->by_time[time_ns] = std::stod(text);
}

std::vector<double> Ask(const Values& values, const std::string& query,
                        const QueryLimits& limits = {}) {
  QueryContext context(limits, nullptr, nullptr);
  const auto result = LogqlEngine().Range(values.querier, query, kSecondNs, kLastS * kSecondNs,
                                          kSecondNs, 100, Direction::kForward, &context);
  REQUIRE_MESSAGE(result.ok(), result.status().ToString());
  std::vector<double> found;
  const auto& matrix = std::get<MatrixResult>(result->value);
  REQUIRE(matrix.series.size() <= 1);
  for (const auto& series : matrix.series) {
    for (const auto& sample : series.samples) found.push_back(sample.value);
  }
  return found;
}

void Check(const Values& values) {
  std::vector<double> sums;
  std::vector<double> rates;
  for (int64_t step = 1; step <= kLastS; ++step) {
    double sum = 0;
    const auto begin = values.by_time.upper_bound((step - kRangeS) * kSecondNs);
    const auto end = values.by_time.upper_bound(step * kSecondNs);
    for (auto i = begin; i != end; ++i) sum += i->second;
    if (begin == end) continue;
    sums.push_back(sum);
    rates.push_back(sum / static_cast<double>(kRangeS));
  }
  const auto same = [](const std::vector<double>& a, const std::vector<double>& b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i) {
      if (std::bit_cast<uint64_t>(a[i]) != std::bit_cast<uint64_t>(b[i])) return false;
    }
    return true;
  };
  const std::string range = "({a=~\".+\"} | logfmt | unwrap v [7s])";
  CHECK(same(Ask(values, "sum(sum_over_time" + range + ")"), sums));
  CHECK(same(Ask(values, "sum(rate" + range + ")"), rates));
}

TEST_SUITE("query/logql/range_sum") {
  TEST_CASE("sums are those of the values in the order of time") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const std::vector<std::vector<std::string>> kinds = {
        {"0", "1", "17", "-5", "4000000000"},
        {"0", "-0", "-0", "0.0"},
        {"0.1", "0.2", "3", "-7.25", "1e-9"},
        {"9007199254740992", "1", "-9007199254740991", "3"},
        {"9007199254740993", "1e300", "-1e300", "1"},
        {"4503599627370496", "4503599627370497", "0.5"},
    };
    for (const auto& texts : kinds) {
      CAPTURE(texts[0]);
      for (int round = 0; round < 4; ++round) {
        Values values;
        for (int i = 0; i < 200; ++i) {
          const auto time_ns = static_cast<int64_t>(random() % (kLastS * kSecondNs));
          if (values.by_time.contains(time_ns)) continue;
          Add(random() % 5, time_ns, texts[random() % texts.size()], &values);
        }
        Check(values);
      }
    }
  }

  TEST_CASE("a value that is none after many integers, and series that are paid for once") {
    Values values;
    for (int i = 0; i < 50; ++i) Add(1, i * kSecondNs + 1, std::to_string(i), &values);
    Add(2, 55 * kSecondNs, "0.5", &values);
    Check(values);
    // Two streams and two series: what is read again is not counted again.
    QueryLimits limits;
    limits.series_max = 4;
    QueryContext context(limits, nullptr, nullptr);
    const auto result = LogqlEngine().Range(
        values.querier, "sum by (a) (sum_over_time({a=~\".+\"} | logfmt | unwrap v [7s]))",
        kSecondNs, kLastS * kSecondNs, kSecondNs, 100, Direction::kForward, &context);
    REQUIRE_MESSAGE(result.ok(), result.status().ToString());
    CHECK(std::get<MatrixResult>(result->value).series.size() == 2);
  }
}

}  // namespace
}  // namespace varve::query
