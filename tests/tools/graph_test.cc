#include "tools/graph.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace varve::tools {
namespace {

constexpr int64_t kStartNs = 1'795'248'000'000'000'000;  // 2026-11-21T08:00:00Z
constexpr int64_t kStepNs = 60 * kNanosecondsPerSecond;

AnswerSeries Series(AnswerLabels labels, const std::vector<std::string>& values) {
  AnswerSeries series{std::move(labels), {}};
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].empty()) continue;
    series.samples.push_back({kStartNs + static_cast<int64_t>(i) * kStepNs, values[i]});
  }
  return series;
}

std::string Draw(std::vector<AnswerSeries> series, size_t steps, bool colours = false,
                 size_t columns = 40) {
  QueryAnswer answer;
  answer.kind = ResultKind::kMatrix;
  answer.series = std::move(series);
  GraphOptions options;
  options.columns = columns;
  options.rows = 3;
  options.colours = colours;
  options.start_ns = kStartNs;
  options.end_ns = kStartNs + static_cast<int64_t>(steps - 1) * kStepNs;
  options.step_ns = kStepNs;
  options.times.utc = true;
  return DrawGraph(answer, options);
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back().push_back(c);
    }
  }
  lines.pop_back();
  return lines;
}

TEST_SUITE("tools/graph") {
  TEST_CASE("a rising line goes from the lower left to the upper right, between its axes") {
    const std::string text =
        Draw({Series({{"__name__", "up"}}, {"0", "1", "2", "3", "4", "5"})}, 6, false, 14);
    CHECK(text ==
          "5 ┤⠀⠀⠀⠀⠀⠀⠀⣀⠤⠒⠉\n"
          "  │⠀⠀⠀⢀⡠⠔⠊⠀⠀⠀⠀\n"
          "0 ┤⡠⠔⠊⠁⠀⠀⠀⠀⠀⠀⠀\n"
          "  └───────────\n"
          "   2026-11-21T08:00:00Z\n"
          "● up  last 5\n");
  }

  TEST_CASE("the picture is as wide as it is told, and the legend no wider") {
    for (const size_t columns : {20, 40, 79, 200}) {
      const std::vector<std::string> lines =
          Lines(Draw({Series({{"job", std::string(300, 'x')}}, {"1", "2"})}, 2, false, columns));
      REQUIRE(lines.size() == 6);
      for (size_t i = 0; i < 4; ++i) {
        size_t width = 0;
        for (const char c : lines[i]) width += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
        CHECK(width == columns);
      }
      size_t width = 0;
      for (const char c : lines[5]) width += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
      CHECK(width == columns);
    }
    CHECK(Draw({Series({}, {"1", "2"})}, 2, false, 60).find("2026-11-21T08:01:00Z\n") !=
          std::string::npos);
  }

  TEST_CASE("what is not finite is left out, and a flat line lies in the middle") {
    const std::string text = Draw({Series({}, {"NaN", "4", "+Inf", "{count:3}"})}, 4);
    CHECK(text.rfind("6 ┤", 0) == 0);
    CHECK(text.find("\n2 ┤") != std::string::npos);
    // One dot.
    const std::string blank = "\xe2\xa0\x80";
    size_t marked = 0;
    for (size_t at = 0; at + 2 < text.size(); ++at) {
      if (text[at] == '\xe2' && (text[at + 1] & '\xfc') == '\xa0') {
        marked += text.compare(at, 3, blank) != 0;
      }
    }
    CHECK(marked == 1);
    CHECK(Lines(Draw({}, 2)).size() == 5);
    CHECK(Draw({Series({}, {"1e308", "-1e308"})}, 2).find("1e+308") != std::string::npos);
  }

  TEST_CASE("a gap is not bridged") {
    const std::string bridged = Draw({Series({}, {"1", "1", "1", "1", "1"})}, 5);
    const std::string gap = Draw({Series({}, {"1", "1", "", "1", "1"})}, 5);
    const std::string blank = "\xe2\xa0\x80";
    const auto blanks = [&](const std::string& text) {
      size_t count = 0;
      for (size_t at = text.find(blank); at != std::string::npos; at = text.find(blank, at + 3)) {
        ++count;
      }
      return count;
    };
    CHECK(blanks(gap) > blanks(bridged) + 5);
  }

  TEST_CASE("colours appear where they are asked for only, one for each series") {
    const std::vector<AnswerSeries> series = {Series({{"a", "1"}}, {"1", "2"}),
                                              Series({{"a", "2"}}, {"2", "1"})};
    CHECK(Draw(series, 2).find('\x1b') == std::string::npos);
    const std::string coloured = Draw(series, 2, true);
    CHECK(coloured.find("\x1b[36m● \x1b[0m{a=\"1\"}") != std::string::npos);
    CHECK(coloured.find("\x1b[33m● \x1b[0m{a=\"2\"}") != std::string::npos);
  }

  TEST_CASE("a legend of many series is cut") {
    std::vector<AnswerSeries> series;
    for (int i = 0; i < 20; ++i) series.push_back(Series({{"i", std::to_string(i)}}, {"1"}));
    const std::string text = Draw(series, 2);
    CHECK(text.find("  and 8 more\n") != std::string::npos);
  }

  TEST_CASE("numbers on the axis are short") {
    CHECK(AxisNumber(1'234'567) == "1.235M");
    CHECK(AxisNumber(-2'000) == "-2k");
    CHECK(AxisNumber(999) == "999");
    CHECK(AxisNumber(0.00012346) == "0.0001235");
    CHECK(AxisNumber(1e20) == "1e+20");
    CHECK(AxisNumber(0) == "0");
  }
}

}  // namespace
}  // namespace varve::tools
