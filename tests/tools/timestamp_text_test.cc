#include "tools/timestamp_text.h"

#include <doctest/doctest.h>

namespace varve::tools {
namespace {

constexpr int64_t kNow = 1'795'248'000 * kNanosecondsPerSecond;

TEST_SUITE("tools/timestamp_text") {
  TEST_CASE("durations add up their parts") {
    CHECK(ParseDurationNs("15s").value() == 15 * kNanosecondsPerSecond);
    CHECK(ParseDurationNs("1h30m").value() == 5400 * kNanosecondsPerSecond);
    CHECK(ParseDurationNs("2d").value() == 172'800 * kNanosecondsPerSecond);
    CHECK(ParseDurationNs("1.5h").value() == 5400 * kNanosecondsPerSecond);
    CHECK(ParseDurationNs("250ms").value() == 250'000'000);
    for (const char* text : {"", "15", "s", "1h-2m", "5 m", "1x", "999999999999y", "-1h", "."}) {
      CAPTURE(text);
      CHECK(absl::IsInvalidArgument(ParseDurationNs(text).status()));
    }
  }

  TEST_CASE("times are relative, Unix seconds or RFC 3339") {
    CHECK(ParseTimeNs("now", kNow).value() == kNow);
    CHECK(ParseTimeNs("-1h", kNow).value() == kNow - 3600 * kNanosecondsPerSecond);
    CHECK(ParseTimeNs("now-1h", kNow).value() == kNow - 3600 * kNanosecondsPerSecond);
    CHECK(ParseTimeNs("now+1s", kNow).value() == kNow + kNanosecondsPerSecond);
    CHECK(ParseTimeNs("1700000000.123456789", kNow).value() == 1'700'000'000'123'456'789);
    CHECK(ParseTimeNs("2026-11-21T08:00:00Z", kNow).value() == kNow);
    CHECK(ParseTimeNs("2026-11-21T10:00:00.5+02:00", kNow).value() == kNow + 500'000'000);
    CHECK(ParseTimeNs("2026-11-21", kNow).value() == kNow - 8 * 3600 * kNanosecondsPerSecond);
    for (const char* text : {"", "yesterday", "now-", "now1h", "2026-13-01", "9999-01-01T00:00:00Z",
                             "infinite-future", "-1x"}) {
      CAPTURE(text);
      CHECK(absl::IsInvalidArgument(ParseTimeNs(text, kNow).status()));
    }
  }

  TEST_CASE("Unix seconds have the digits they need") {
    CHECK(UnixSecondsText(kNow) == "1795248000");
    CHECK(UnixSecondsText(kNow + 50'000'000) == "1795248000.050");
    CHECK(UnixSecondsText(-1'500'000'000) == "-1.500");
  }

  TEST_CASE("a range needs one start and must not end before it") {
    CHECK(ResolveTimeSpan({"5m", "", ""}, "1h", kNow)->start_ns ==
          kNow - 300 * kNanosecondsPerSecond);
    CHECK(ResolveTimeSpan({"", "", "-1h"}, "1h", kNow)->start_ns ==
          kNow - 7200 * kNanosecondsPerSecond);
    CHECK_FALSE(ResolveTimeSpan({"5m", "-1h", ""}, "1h", kNow).ok());
    CHECK_FALSE(ResolveTimeSpan({"", "now", "-1h"}, "1h", kNow).ok());
  }
}  // TEST_SUITE

}  // namespace
}  // namespace varve::tools
