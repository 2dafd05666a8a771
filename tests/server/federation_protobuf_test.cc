#include "server/federation_protobuf.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/ingest/wire_writer.h"

namespace varve::server {
namespace {

using namespace ingest::wire;  // NOLINT: the words of the messages

std::string Delimited(const std::string& message) { return Varint(message.size()) + message; }

}  // namespace

TEST_SUITE("server/federation_protobuf") {
  TEST_CASE("families one behind the other, floats untyped") {
    std::string out;
    FederationProtobufWriter writer(&out);
    writer.Sample(storage::LabelSet{{"__name__", "a"}, {"instance", "i"}}, 1000, 1.5, nullptr);
    writer.Sample(storage::LabelSet{{"__name__", "a"}, {"job", "j"}}, 2000, 2, nullptr);
    writer.Sample(storage::LabelSet{{"__name__", "b"}, {"instance", "i"}}, 3000, 3, nullptr);
    writer.End();
    const auto metric = [](const std::string& labels, double value, int64_t time_ms) {
      return Field(4, labels + Field(5, Double(1, value)) + Number(6, time_ms));
    };
    CHECK(out ==
          Delimited(Field(1, "a") + Number(3, 3) + metric(Label("instance", "i"), 1.5, 1000) +
                    metric(Label("job", "j") + Label("instance", ""), 2, 2000)) +
              Delimited(Field(1, "b") + Number(3, 3) + metric(Label("instance", "i"), 3, 3000)));
  }

  TEST_CASE("histograms of integers as deltas, of floats as counts, none with custom buckets") {
    storage::Histogram histogram;
    histogram.schema = 2;
    histogram.zero_threshold = 0.5;
    histogram.zero_count = 1;
    histogram.count = 7;
    histogram.sum = 4.5;
    histogram.positive_spans = {{-1, 2}};
    histogram.positive_counts = {4, 2};
    const storage::LabelSet labels{{"__name__", "h"}, {"instance", "i"}};
    std::string out;
    FederationProtobufWriter writer(&out);
    writer.Sample(labels, 1000, 0, &histogram);
    histogram.is_float = true;
    histogram.reset_hint = storage::CounterResetHint::kGauge;
    writer.Sample(labels, 1000, 0, &histogram);
    histogram.schema = storage::kCustomBucketsSchema;
    writer.Sample(labels, 1000, 0, &histogram);
    writer.End();
    const auto family = [](int64_t type, const std::string& message) {
      return Delimited(Field(1, "h") + Number(3, type) +
                       Field(4, Label("instance", "i") + Field(7, message) + Number(6, 1000)));
    };
    CHECK(out == family(4, Double(2, 4.5) + Signed(5, 2) + Double(6, 0.5) + Number(1, 7) +
                               Number(7, 1) + Span(12, -1, 2) + Signed(13, 4) + Signed(13, -2)) +
                     family(5, Double(2, 4.5) + Signed(5, 2) + Double(6, 0.5) + Double(4, 7) +
                                   Double(8, 1) + Span(12, -1, 2) + Double(14, 4) + Double(14, 2)));
  }
}

}  // namespace varve::server
