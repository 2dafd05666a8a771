#include <doctest/doctest.h>

#include <random>
#include <string>

#include "query/template/go_time.h"
#include "query/template/time_layout.h"

namespace varve::query {
namespace {

TEST_SUITE("query/template/time_layout") {
  TEST_CASE("a layout is cut into elements and what stands between them") {
    const LayoutPiece piece = NextLayoutPiece("at 2006-01");
    CHECK(piece.before == "at ");
    CHECK(piece.element == TimeElement::kLongYear);
    CHECK(piece.after == "-01");
    CHECK(NextLayoutPiece("Janet").element == TimeElement::kNone);
    CHECK(NextLayoutPiece("").element == TimeElement::kNone);
    CHECK(NextLayoutPiece(".0001").element != TimeElement::kFraction);
  }

  TEST_CASE("a time that is formatted and parsed is the same time") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (const std::string_view layout :
         {"2006-01-02T15:04:05.999999999Z07:00", "Mon, 02 Jan 2006 15:04:05.000000000 -0700",
          "Jan _2 2006 03:04:05.000000000 PM -07:00:00", "2006-002 15:04:05,999999999 Z0700"}) {
      for (int i = 0; i < 500; ++i) {
        const int64_t time_ns = static_cast<int64_t>(random() % (1ULL << 62));
        const GoTime time = GoTime::FromUnixNs(time_ns, absl::UTCTimeZone());
        std::string text;
        AppendGoTimeLayout(time, layout, &text);
        GoTime back;
        REQUIRE_MESSAGE(ParseGoTime(layout, text, absl::UTCTimeZone(), &back), text);
        CHECK(back.unix_ns() == time_ns);
      }
    }
  }
}

}  // namespace
}  // namespace varve::query
