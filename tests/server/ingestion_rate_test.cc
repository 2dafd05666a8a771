#include "server/ingestion_rate.h"

#include <doctest/doctest.h>

namespace varve::server {

TEST_SUITE("server/ingestion_rate") {
  constexpr int64_t kSecondNs = 1'000'000'000;

  TEST_CASE("without a rate anything may come") {
    IngestionRate rate;
    CHECK_FALSE(rate.is_limited());
    CHECK(rate.Take(UINT64_MAX, 0));
  }

  TEST_CASE("a burst may come at once, then what the rate lets in") {
    IngestionRate rate;
    rate.Configure(100, 250);
    CHECK(rate.Take(250, 5 * kSecondNs));
    CHECK_FALSE(rate.Take(1, 5 * kSecondNs));
    CHECK(rate.Take(50, 5 * kSecondNs + kSecondNs / 2));
    CHECK_FALSE(rate.Take(1, 5 * kSecondNs + kSecondNs / 2));
    // What was refused is not counted; the bucket holds no more than the burst.
    CHECK(rate.Take(250, 100 * kSecondNs));
    CHECK_FALSE(rate.Take(251, 200 * kSecondNs));
    CHECK(rate.Take(250, 200 * kSecondNs));
    // A clock that stands, or goes back, fills nothing.
    CHECK_FALSE(rate.Take(1, 199 * kSecondNs));
  }

  TEST_CASE("a burst that is not set is what comes in one and a half seconds") {
    IngestionRate rate;
    rate.Configure(100, 0);
    CHECK_FALSE(rate.Take(151, kSecondNs));
    CHECK(rate.Take(150, kSecondNs));
  }
}

}  // namespace varve::server
