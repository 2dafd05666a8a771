#include "tools/transfer/sample_text.h"

#include <doctest/doctest.h>

#include <cmath>

namespace varve::tools {
namespace {

using storage::LabelSet;

TextSample Parsed(std::string_view line) {
  const auto sample = ParseSampleText(line);
  INFO(std::string(line), ": ", sample.status().ToString());
  REQUIRE(sample.ok());
  REQUIRE(sample->has_value());
  return **sample;
}

TEST_SUITE("tools/transfer/sample_text") {
  TEST_CASE("a line is a series, a value and perhaps a time") {
    TextSample sample = Parsed("up 1");
    CHECK(sample.labels == LabelSet{{"__name__", "up"}});
    CHECK(sample.value == 1);
    CHECK_FALSE(sample.timestamp_ms.has_value());
    sample = Parsed("a:b{job=\"x\" , z = \"\\\"\\\\\\n\\t\",} -1.5e3 1520879607.789");
    CHECK(sample.labels == LabelSet{{"__name__", "a:b"}, {"job", "x"}, {"z", "\"\\\n\\t"}});
    CHECK(sample.value == -1500);
    CHECK(sample.timestamp_ms == 1520879607789);
    sample = Parsed("h_bucket{le=\"+Inf\"} 17 0.001 # {trace_id=\"a b\"} 0.5 1520879607.7");
    CHECK(sample.timestamp_ms == 1);
    CHECK(Parsed("x NaN 1\r").timestamp_ms == 1000);
    CHECK(std::isnan(Parsed("x NaN").value));
    CHECK(std::isinf(Parsed("x{} -Inf -5.5").value));
    CHECK(Parsed("x 1 # {a=\"b\"} 1").value == 1);
  }

  TEST_CASE("names in quotes may be any text") {
    CHECK(Parsed("{\"my.metric\",\"label with blank\"=\"v\",plain=\"w\"} 1").labels ==
          LabelSet{{"__name__", "my.metric"}, {"label with blank", "v"}, {"plain", "w"}});
    CHECK(Parsed("{\"only\"} 1").labels == LabelSet{{"__name__", "only"}});
  }

  TEST_CASE("comments and empty lines are no samples") {
    for (const char* line : {"", "   ", "# EOF", "# HELP up Is it up.", "# TYPE up gauge"}) {
      const auto sample = ParseSampleText(line);
      REQUIRE(sample.ok());
      CHECK_FALSE(sample->has_value());
    }
  }

  TEST_CASE("what cannot be read is named") {
    for (const char* line :
         {"up", "up x", "1 2", "up{", "up{a} 1", "up{a=1} 1", "up{a=\"b\" 1", "up{a=\"b} 1",
          "up{a=\"b\"c=\"d\"} 1", "up{a=\"b\",a=\"c\"} 1", "{\"up\",__name__=\"x\"} 1",
          "up{\"\"=\"x\"} 1", "{a=\"b\"} 1", "up 1 soon", "up 1 1 1", "{} 1", "up 1 1e300"}) {
      INFO(line);
      CHECK(ParseSampleText(line).status().code() == absl::StatusCode::kInvalidArgument);
    }
    CHECK(ParseSampleText("up one").status().message() == "unexpected \"one\", want a value");
  }

  TEST_CASE("what is written can be read again") {
    const LabelSet sets[] = {{{"__name__", "up"}},
                             {{"__name__", "up"}, {"a", "quote\" back\\ line\n"}},
                             {{"__name__", "my.metric"}, {"label with blank", "grüße"}},
                             {{"__name__", "x y"}}};
    for (const LabelSet& labels : sets) {
      for (const double value : {0.0, -0.0, 0.1 + 0.2, 1e300, 5e-324, HUGE_VAL, 123456789.0}) {
        std::string line;
        AppendSeriesText(labels, &line);
        AppendValueText({1520879607789, value}, &line);
        CHECK(line.back() == '\n');
        line.pop_back();
        const TextSample sample = Parsed(line);
        CHECK(sample.labels == labels);
        CHECK(sample.value == value);
        CHECK(std::signbit(sample.value) == std::signbit(value));
        CHECK(sample.timestamp_ms == 1520879607789);
      }
    }
  }
}

}  // namespace
}  // namespace varve::tools
