#include "tools/progress_bar.h"

#include <doctest/doctest.h>

#include <sstream>

namespace varve::tools {
namespace {

TEST_SUITE("tools/progress_bar") {
  TEST_CASE("a line says how much, how fast, how far and how long still") {
    CHECK(ProgressText("samples", 1'500'000, 0.5, 10, 79) ==
          "1,500,000 samples, 150,000/s  [================>               ] 50 %, 10s left");
    CHECK(ProgressText("samples", 0, 0, 0, 60) ==
          "0 samples  [>                                       ] 0 %");
    CHECK(ProgressText("samples", 10, 1, 2, 60) ==
          "10 samples, 5/s  [==========================] 100 %, 0s left");
  }

  TEST_CASE("a narrow terminal has no room for the bar, an unknown size none at all") {
    CHECK(ProgressText("samples", 1'500'000, 0.5, 10, 40) == "1,500,000 samples, 150,000/s");
    CHECK(ProgressText("samples", 1'500'000, 0.5, 10, 12) == "1,500,000 sa");
    CHECK(ProgressText("samples", 12, -1, 4, 79) == "12 samples, 3/s");
  }

  TEST_CASE("nothing is drawn where there is no terminal") {
    std::ostringstream out;
    ProgressBar bar("samples", false, 80, &out);
    bar.Update(5, 0.5);
    bar.Clear();
    CHECK(out.str().empty());
  }

  TEST_CASE("on a terminal the line is drawn in place and wiped away") {
    std::ostringstream out;
    {
      ProgressBar bar("samples", true, 80, &out);
      bar.Update(5, 0.5);
      CHECK(out.str().rfind("\r5 samples", 0) == 0);
    }
    CHECK(out.str().back() == '\r');
    CHECK(out.str().find('\n') == std::string::npos);
  }

  TEST_CASE("numbers are grouped") {
    CHECK(GroupedNumber(0) == "0");
    CHECK(GroupedNumber(999) == "999");
    CHECK(GroupedNumber(1000) == "1,000");
    CHECK(GroupedNumber(1'234'567) == "1,234,567");
  }
}

}  // namespace
}  // namespace varve::tools
