#include "tools/transfer/sample_json.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>

namespace varve::tools {
namespace {

SeriesSamples Parsed(const std::string& line) {
  SeriesSamples samples;
  const absl::Status status = ParseSampleJson(line, &samples);
  INFO(line, status.ToString());
  REQUIRE(status.ok());
  return samples;
}

TEST_SUITE("tools/transfer/sample_json") {
  TEST_CASE("a line has a series with its values and times") {
    SeriesSamples samples;
    samples.labels = storage::LabelSet{{"__name__", "up"}, {"job", "\"x\""}};
    samples.floats = {{1000, 1}, {2000, 0.5}, {3000, storage::StaleMarker()}};
    std::string line;
    AppendSampleJson(samples, &line);
    CHECK(line == R"({"metric":{"__name__":"up","job":"\"x\""},"values":[1,0.5,"StaleNaN"],)"
                  R"("timestamps":[1000,2000,3000]})"
                  "\n");
    CHECK(Parsed(R"({"metric":{"a":"b"},"values":[null,"Infinity","-Infinity"],)"
                 R"("timestamps":[1,2,3]})")
              .floats.size() == 3);
  }

  TEST_CASE("every bit of a float comes back") {
    SeriesSamples samples;
    samples.labels = storage::LabelSet{{"__name__", "x"}};
    const uint64_t bits[] = {0,
                             0x8000000000000000,
                             0x7ff0000000000000,
                             0xfff0000000000000,
                             0x7ff8000000000001,
                             0x7ff8000000000000,
                             0xfff8000000000123,
                             storage::kStaleMarkerBits,
                             1,
                             0x7fefffffffffffff,
                             std::bit_cast<uint64_t>(1e20),
                             std::bit_cast<uint64_t>(-1e19),
                             std::bit_cast<uint64_t>(9007199254740993.0),
                             std::bit_cast<uint64_t>(0.1 + 0.2),
                             std::bit_cast<uint64_t>(1e-7)};
    int64_t time_ms = -2;
    for (const uint64_t one : bits) {
      samples.floats.push_back({time_ms++, std::bit_cast<double>(one)});
    }
    std::string line;
    AppendSampleJson(samples, &line);
    const SeriesSamples read = Parsed(line);
    REQUIRE(read.floats.size() == samples.floats.size());
    for (size_t i = 0; i < read.floats.size(); ++i) {
      CHECK(std::bit_cast<uint64_t>(read.floats[i].value) == bits[i]);
      CHECK(read.floats[i].timestamp_ms == samples.floats[i].timestamp_ms);
    }
  }

  TEST_CASE("native histograms come back with all they have") {
    SeriesSamples samples;
    samples.labels = storage::LabelSet{{"__name__", "h"}};
    storage::HistogramSample& sample = samples.histograms.emplace_back();
    sample.timestamp_ms = 5;
    sample.histogram.is_float = true;
    sample.histogram.reset_hint = storage::CounterResetHint::kGauge;
    sample.histogram.schema = -53;
    sample.histogram.zero_threshold = 1e-128;
    sample.histogram.zero_count = 2;
    sample.histogram.count = 7.5;
    sample.histogram.sum = storage::StaleMarker();
    sample.histogram.positive_spans = {{-2, 1}, {3, 2}};
    sample.histogram.positive_counts = {1, 2, 2.5};
    sample.histogram.negative_spans = {{0, 1}};
    sample.histogram.negative_counts = {4};
    sample.histogram.custom_values = {0.1, 5};
    std::string line;
    AppendSampleJson(samples, &line);
    const SeriesSamples read = Parsed(line);
    REQUIRE(read.histograms.size() == 1);
    std::string again;
    AppendSampleJson(read, &again);
    CHECK(again == line);
    CHECK(read.histograms[0].histogram.positive_spans == sample.histogram.positive_spans);
    CHECK(read.histograms[0].histogram.custom_values == sample.histogram.custom_values);
    CHECK(storage::IsStaleMarker(read.histograms[0].histogram.sum));
  }

  TEST_CASE("what is no such line is named") {
    SeriesSamples samples;
    for (const char* line :
         {"", "[]", "{}", R"({"metric":{"a":1}})", R"({"metric":{},"timestamps":[1]})",
          R"({"metric":{},"values":[1],"timestamps":[1,2]})",
          R"({"metric":{},"values":[1,2],"timestamps":[1]})",
          R"({"metric":{},"values":["x"],"timestamps":[1]})",
          R"({"metric":{},"values":["NaN:3ff0000000000000"],"timestamps":[1]})",
          R"({"metric":{},"values":[1],"timestamps":["1"]})",
          R"({"metric":{},"histograms":[{"timestamp":1}]})", R"({"metric":{},"histograms":[1]})"}) {
      INFO(line);
      CHECK(ParseSampleJson(line, &samples).code() == absl::StatusCode::kInvalidArgument);
    }
  }
}

}  // namespace
}  // namespace varve::tools
