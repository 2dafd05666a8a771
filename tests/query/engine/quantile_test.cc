#include "query/engine/quantile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace varve::query {
namespace {

TEST_SUITE("query/engine/quantile") {
  TEST_CASE("a quantile of values is that of them in order, NaN before all others") {
    const unsigned seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937 random(seed);
    for (size_t count : {1u, 2u, 3u, 11u, 12u, 13u, 14u, 50u}) {
      std::vector<double> values;
      for (size_t i = 0; i < count; ++i) values.push_back(static_cast<double>(random() % 20) - 9.5);
      if (count % 2 == 0) values[count / 2] = std::nan("");
      std::vector<double> sorted = values;
      std::stable_sort(sorted.begin(), sorted.end(), LessNanFirst);
      for (const double share : {0.0, 0.1, 0.5, 0.77, 1.0}) {
        std::vector<double> copy = values;
        const double got = Quantile(share, copy);
        const double want = QuantileOfSorted(share, sorted);
        CHECK((got == want || (std::isnan(got) && std::isnan(want))));
      }
    }
  }

  TEST_CASE("of few values equal ones stay in their order, so that 0 and -0 do as in Prometheus") {
    for (const size_t count : {2u, 5u, 12u}) {
      std::vector<double> values(count, 0.0);
      values.back() = -0.0;
      std::vector<double> copy = values;
      CHECK(std::signbit(Quantile(1, copy)));
      std::reverse(values.begin(), values.end());
      copy = values;
      CHECK_FALSE(std::signbit(Quantile(1, copy)));
      values.front() = 7;
      copy = values;
      CHECK(Quantile(1, copy) == 7);
    }
  }
}

}  // namespace
}  // namespace varve::query
