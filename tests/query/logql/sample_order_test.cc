#include "query/logql/sample_order.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace varve::query {
namespace {

// What a stable sort makes of them; values tell samples of equal times apart.
void CheckOrder(std::vector<LogSample> samples) {
  std::vector<LogSample> wanted = samples;
  std::stable_sort(wanted.begin(), wanted.end(), [](const LogSample& a, const LogSample& b) {
    return a.timestamp_ns < b.timestamp_ns;
  });
  SortByTime(&samples);
  REQUIRE(samples.size() == wanted.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    REQUIRE(samples[i].timestamp_ns == wanted[i].timestamp_ns);
    REQUIRE(samples[i].value == wanted[i].value);
  }
}

TEST_SUITE("query/logql/sample_order") {
  TEST_CASE("none, one, and equal times keep their order") {
    CheckOrder({});
    CheckOrder({{7, 1}});
    CheckOrder({{7, 1}, {7, 2}, {7, 3}});
    CheckOrder({{8, 1}, {7, 2}});
    CheckOrder({{3, 1}, {2, 2}, {1, 3}, {2, 4}, {1, 5}});
  }

  TEST_CASE("runs of any number and length become one, in the order of a stable sort") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 300; ++round) {
      std::vector<LogSample> samples;
      const size_t runs = 1 + random() % 17;
      for (size_t run = 0; run < runs; ++run) {
        int64_t time_ns = static_cast<int64_t>(random() % 50);
        const size_t count = random() % 40;
        for (size_t i = 0; i < count; ++i) {
          time_ns += static_cast<int64_t>(random() % 3);
          samples.push_back({time_ns, static_cast<double>(samples.size())});
        }
      }
      if (round % 5 == 0) std::shuffle(samples.begin(), samples.end(), random);
      CheckOrder(std::move(samples));
    }
  }
}

}  // namespace
}  // namespace varve::query
