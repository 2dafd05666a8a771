#include "ingest/prometheus_text.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "ingest/float_text.h"

namespace varve::ingest {
namespace {

// "up{job="a"} 1 @ 1000", one line for each sample, then what was refused.
std::string Decoded(const std::string& body, bool open_metrics = false,
                    LabelPairs extra_labels = {}) {
  PrometheusTextOptions options;
  options.open_metrics = open_metrics;
  options.timestamp_ms = 99;
  options.extra_labels = std::move(extra_labels);
  PrometheusTextRequest request;
  REQUIRE(DecodePrometheusText(options, "", body, &request).ok());
  std::string text;
  for (const storage::SeriesWrite& write : request.batch.series) {
    storage::LabelSet labels;
    const absl::Status parsed = request.batch.parse(write.raw_labels, &labels);
    text += parsed.ok() ? labels.ToString() : std::string(parsed.message());
    const storage::Sample& sample = request.batch.samples[write.begin];
    text += " " + std::to_string(sample.value) + " @ " + std::to_string(sample.timestamp_ms);
    for (uint32_t i = write.exemplars_begin; i < write.exemplars_end; ++i) {
      const storage::Exemplar& exemplar = request.batch.exemplars[i];
      text += " #" + exemplar.labels.ToString() + " " + std::to_string(exemplar.value) + " @ " +
              std::to_string(exemplar.timestamp_ms);
    }
    text += "\n";
  }
  for (const storage::Rejection& rejection : request.rejections) text += rejection.message + "\n";
  return text;
}

}  // namespace

TEST_SUITE("ingest/prometheus_text") {
  TEST_CASE("samples with and without labels and timestamps") {
    CHECK(Decoded("up 1\n"
                  "  requests_total{method=\"post\",code=\"200\",} 1027 1395066363000\n"
                  "a { x = \"1\" , y=\"2\" }\t3e-1\t-5\r\n"
                  "\n# a comment\n#\n"
                  "last 2") ==
          "up{} 1.000000 @ 99\n"
          "requests_total{code=\"200\", method=\"post\"} 1027.000000 @ 1395066363000\n"
          "a{x=\"1\", y=\"2\"} 0.300000 @ -5\n"
          "last{} 2.000000 @ 99\n");
  }

  TEST_CASE("escapes, and names in quotes") {
    CHECK(Decoded("m{p=\"C:\\\\D\\n\\\"q\\\"\"} 1\n") ==
          "m{p=\"C:\\\\D\\n\\\"q\\\"\"} 1.000000 @ 99\n");
    CHECK(Decoded("{\"my.metric\",\"a.b\"=\"c\"} 1\n") ==
          Decoded("{\"a.b\"=\"c\",\"my.metric\"} 1\n"));
    CHECK(Decoded("{\"my.metric\"} 4\n").find(" 4.000000 @ 99") != std::string::npos);
  }

  TEST_CASE("OpenMetrics: seconds, exemplars, the end") {
    CHECK(Decoded("# TYPE a counter\n"
                  "a_total{x=\"1\"} 17.0 1520879607.789 # {trace_id=\"KOO5\"} 9.8 1520879607.5\n"
                  "a_total{x=\"2\"} 5 # {} 1\n"
                  "# EOF\nbehind 1\n",
                  true) ==
          "a_total{x=\"1\"} 17.000000 @ 1520879607789 #{trace_id=\"KOO5\"} 9.800000 @ "
          "1520879607500\n"
          "a_total{x=\"2\"} 5.000000 @ 99 #{} 1.000000 @ 99\n");
  }

  TEST_CASE("metadata is gathered by family") {
    PrometheusTextRequest request;
    REQUIRE(DecodePrometheusText({.open_metrics = true, .timestamp_ms = 0, .extra_labels = {}}, "",
                                 "# HELP a Helps\\nmuch.\n# TYPE a counter\n# UNIT a seconds\n"
                                 "a_total 1\n# TYPE \"b.c\" unknown\n# HELP d Only help.\n# EOF\n",
                                 &request)
                .ok());
    REQUIRE(request.metadata.size() == 3);
    CHECK(request.ended);
    CHECK(request.metadata[0].family == "a");
    CHECK(request.metadata[0].help == "Helps\nmuch.");
    CHECK(request.metadata[0].type == "counter");
    CHECK(request.metadata[0].unit == "seconds");
    CHECK(request.metadata[1].family == "b.c");
    CHECK(request.metadata[2].type == "unknown");
    CHECK(request.metadata[2].help == "Only help.");
  }

  TEST_CASE("wrong lines are named, the others are decoded") {
    CHECK(Decoded("a 1\nb\nc{x=\"1\" 2\nd{x=1} 2\ne 1 2 3\nf 1.2.3\n= 1\ng{x=\"1} 2\nh 1 1.5\n"
                  "# TYPE i nonsense\nj 1 # {} 1\nk 5\n") ==
          "a{} 1.000000 @ 99\n"
          "k{} 5.000000 @ 99\n"
          "cannot parse line 2: invalid value \"\"\n"
          "cannot parse line 3: want , or } behind a label\n"
          "cannot parse line 4: want a text in quotes\n"
          "cannot parse line 5: unexpected \"3\"\n"
          "cannot parse line 6: invalid value \"1.2.3\"\n"
          "cannot parse line 7: want the name of a metric\n"
          "cannot parse line 8: a text in quotes does not end\n"
          "cannot parse line 9: invalid timestamp \"1.5\"\n"
          "cannot parse line 10: invalid metric type \"nonsense\"\n"
          "cannot parse line 11: an exemplar is OpenMetrics\n");
  }

  TEST_CASE("extra labels take the place of a series' own") {
    CHECK(Decoded("a{job=\"own\",x=\"1\"} 1\n", false, {{"job", "extra"}, {"host", "h"}}) ==
          "a{host=\"h\", job=\"extra\", x=\"1\"} 1.000000 @ 99\n");
  }

  TEST_CASE("more than a body may hold is refused") {
    std::string lines;
    for (size_t i = 0; i <= kPrometheusTextSamplesMax; ++i) lines += "a 1\n";
    PrometheusTextRequest request;
    CHECK(DecodePrometheusText({}, "", lines, &request).code() ==
          absl::StatusCode::kInvalidArgument);
    PrometheusTextOptions options;
    const std::string value(1 << 20, 'v');
    options.extra_labels = {{"x", value}};
    CHECK(DecodePrometheusText(options, "", lines, &request).code() ==
          absl::StatusCode::kInvalidArgument);
    CHECK(DecodePrometheusText({}, "br", "", &request).code() == absl::StatusCode::kUnimplemented);
  }

  TEST_CASE("numbers as Go reads them") {
    const auto parse = [](std::string_view text) {
      double value = -1;
      return ParseFloatText(text, &value) ? value : -12345;
    };
    CHECK(parse("1.5e3") == 1500);
    CHECK(parse("+.5") == 0.5);
    CHECK(parse("-0x1p-2") == -0.25);
    CHECK(parse("+Inf") == std::numeric_limits<double>::infinity());
    CHECK(parse("-infinity") == -std::numeric_limits<double>::infinity());
    CHECK(std::isnan(parse("nAn")));
    CHECK(parse("1e999") == std::numeric_limits<double>::infinity());
    CHECK(parse("1e-999") == 0);
    for (const char* wrong : {"", "+", "+-1", "1x", "e5", "0x", "--1", "1 ", "infin", "_1"}) {
      CAPTURE(wrong);
      CHECK(parse(wrong) == -12345);
    }
  }
}

}  // namespace varve::ingest
