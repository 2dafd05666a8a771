#include "ingest/remote_write.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "tests/ingest/wire_writer.h"

namespace varve::ingest {
namespace {

using namespace wire;  // NOLINT: the words of the messages

std::string UpSeries() { return Label("__name__", "up") + Label("job", "a"); }

storage::LabelSet Labels(std::string_view raw) {
  storage::LabelSet labels;
  CHECK(ParseRemoteWriteLabels(raw, &labels).ok());
  return labels;
}

}  // namespace

TEST_SUITE("ingest/remote_write") {
  TEST_CASE("series and samples come out as they were written, negative times included") {
    const std::string body = Field(1, UpSeries() + SampleField(1.5, 1000) + SampleField(-0.0, -5)) +
                             Field(1, Label("__name__", "down") + SampleField(2, 7));
    RemoteWriteRequest request;
    REQUIRE(DecodeRemoteWrite("application/x-protobuf", "snappy", Snappy(body), &request).ok());
    REQUIRE(request.batch.series.size() == 2);
    REQUIRE(request.batch.samples.size() == 3);
    CHECK(request.batch.samples[0].value == 1.5);
    CHECK(request.batch.samples[1].timestamp_ms == -5);
    CHECK(std::signbit(request.batch.samples[1].value));
    CHECK(request.batch.series[1].begin == 2);
    CHECK(Labels(request.batch.series[0].raw_labels).ToString() == "up{job=\"a\"}");
  }

  TEST_CASE("labels that stand apart or behind the samples are gathered") {
    const std::string body = Field(
        1, SampleField(1, 1) + Label("__name__", "up") + SampleField(2, 2) + Label("job", "a"));
    RemoteWriteRequest request;
    REQUIRE(DecodeRemoteWrite("", "", Snappy(body), &request).ok());
    REQUIRE(request.batch.series.size() == 1);
    CHECK(Labels(request.batch.series[0].raw_labels).ToString() == "up{job=\"a\"}");
    CHECK(request.batch.series[0].end == 2);
  }

  TEST_CASE("metadata is read, unknown fields are skipped") {
    const std::string metadata = Varint(1 << 3) + Varint(1) + Field(2, "http_requests_total") +
                                 Field(4, "Requests.") + Field(5, "requests");
    const std::string body = Field(3, metadata) + Field(9, "later") +
                             Field(1, UpSeries() + Field(77, "later") + SampleField(1, 1));
    RemoteWriteRequest request;
    REQUIRE(DecodeRemoteWrite("", "", Snappy(body), &request).ok());
    REQUIRE(request.metadata.size() == 1);
    CHECK(request.metadata[0].type == "counter");
    CHECK(request.metadata[0].family == "http_requests_total");
    CHECK(request.metadata[0].unit == "requests");
    CHECK(request.batch.samples.size() == 1);
  }

  TEST_CASE("a body cut at any byte is refused or decodes to a prefix, and never crashes") {
    const std::string body =
        Field(1, UpSeries() + SampleField(1, 1)) + Field(1, UpSeries() + SampleField(2, 2));
    for (size_t length = 0; length < body.size(); ++length) {
      RemoteWriteRequest request;
      const absl::Status status =
          DecodeRemoteWrite("", "identity", std::string_view(body).substr(0, length), &request);
      if (status.ok()) CHECK((length == 0 || length == body.size() / 2));
    }
  }

  TEST_CASE("a snappy length that lies is refused before anything is allocated") {
    RemoteWriteRequest request;
    const std::string bomb = Varint(uint64_t{4} << 30 | 1) + "x";
    const absl::Status status = DecodeRemoteWrite("", "snappy", bomb, &request);
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK(request.buffer.capacity() < 1024);
    CHECK(DecodeRemoteWrite("", "snappy", Varint(kRemoteWriteBytesMax + 1), &request).code() ==
          absl::StatusCode::kInvalidArgument);
  }

  TEST_CASE("varints longer than 64 bits are refused") {
    RemoteWriteRequest request;
    const std::string overlong(11, '\xff');
    CHECK_FALSE(DecodeRemoteWrite("", "identity", overlong + "\x01", &request).ok());
  }

  TEST_CASE("other messages and encodings are unimplemented, which is HTTP 415") {
    RemoteWriteRequest request;
    for (const char* type : {"application/json", "image/png", "application/x-protobuf;proto=other",
                             "application/x-protobuf;proto=io.prometheus.write.v3.Request",
                             "text/plain;proto=io.prometheus.write.v2.Request"}) {
      CAPTURE(type);
      CHECK(DecodeRemoteWrite(type, "snappy", "", &request).code() ==
            absl::StatusCode::kUnimplemented);
    }
    // What only says that it is gzip.
    for (const char* encoding : {"gzip", "deflate"}) {
      CHECK(DecodeRemoteWrite("", encoding, "0snappy", &request).code() ==
            absl::StatusCode::kUnimplemented);
    }
    CHECK(DecodeRemoteWrite("application/x-protobuf", "br", "", &request).code() ==
          absl::StatusCode::kUnimplemented);
    CHECK(DecodeRemoteWrite("application/x-protobuf;proto=prometheus.WriteRequest", "snappy",
                            Snappy(""), &request)
              .ok());
  }

  TEST_CASE("histograms of integers: deltas become counts") {
    const std::string histogram =
        Number(1, 21) + Double(3, 18.4) + Signed(4, 1) + Double(5, 0.001) + Number(6, 2) +
        Span(8, -1, 1) + PackedSigned(9, {3}) + Span(11, 0, 2) + Span(11, 1, 2) +
        PackedSigned(12, {2, 1, -2, 3}) + Number(14, 2) + Number(15, 12345);
    const std::string body = Field(1, UpSeries() + Field(4, histogram));
    RemoteWriteRequest request;
    REQUIRE(DecodeRemoteWrite("", "", Snappy(body), &request).ok());
    REQUIRE(request.batch.series.size() == 1);
    CHECK(request.batch.series[0].begin == request.batch.series[0].end);
    CHECK(request.batch.series[0].histograms_end == 1);
    REQUIRE(request.batch.histograms.size() == 1);
    CHECK(request.batch.histograms[0].timestamp_ms == 12345);
    const storage::Histogram& decoded = request.batch.histograms[0].histogram;
    CHECK_FALSE(decoded.is_float);
    CHECK(decoded.reset_hint == storage::CounterResetHint::kNotReset);
    CHECK(decoded.schema == 1);
    CHECK(decoded.zero_threshold == 0.001);
    CHECK(decoded.zero_count == 2);
    CHECK(decoded.count == 21);
    CHECK(decoded.sum == 18.4);
    CHECK(decoded.positive_spans == std::vector<storage::HistogramSpan>{{0, 2}, {1, 2}});
    CHECK(decoded.positive_counts == std::vector<double>{2, 3, 1, 4});
    CHECK(decoded.negative_spans == std::vector<storage::HistogramSpan>{{-1, 1}});
    CHECK(decoded.negative_counts == std::vector<double>{3});
  }

  TEST_CASE("histograms of floats, custom buckets, not packed; a stale one keeps its bits") {
    const std::string histogram = Double(2, 3.5) + Double(3, storage::StaleMarker()) +
                                  Signed(4, -53) + Double(7, 0) + Span(11, 0, 2) + Double(13, 1.5) +
                                  Double(13, 2) + Number(14, 3) + Number(15, -7) +
                                  PackedDoubles(16, {0.5, 10});
    RemoteWriteRequest request;
    REQUIRE(DecodeRemoteWrite("", "", Snappy(Field(1, UpSeries() + Field(4, histogram))), &request)
                .ok());
    REQUIRE(request.batch.histograms.size() == 1);
    CHECK(request.batch.histograms[0].timestamp_ms == -7);
    const storage::Histogram& decoded = request.batch.histograms[0].histogram;
    CHECK(decoded.is_float);
    CHECK(decoded.uses_custom_buckets());
    CHECK(decoded.reset_hint == storage::CounterResetHint::kGauge);
    CHECK(storage::IsStaleMarker(decoded.sum));
    CHECK(decoded.count == 3.5);
    CHECK(decoded.positive_counts == std::vector<double>{1.5, 2});
    CHECK(decoded.custom_values == std::vector<double>{0.5, 10});
  }

  TEST_CASE("a resolution finer than is stored is for the storage to reduce") {
    const std::string histogram = Number(1, 45) + Signed(4, 10) + Span(11, -3, 8) + Span(11, 4, 1) +
                                  PackedSigned(12, {1, 1, 1, 1, 1, 1, 1, 1, 1}) + Number(15, 1);
    RemoteWriteRequest request;
    REQUIRE(DecodeRemoteWrite("", "", Snappy(Field(1, UpSeries() + Field(4, histogram))), &request)
                .ok());
    const storage::Histogram& decoded = request.batch.histograms[0].histogram;
    CHECK(decoded.schema == 10);
    CHECK(decoded.positive_spans == std::vector<storage::HistogramSpan>{{-3, 8}, {4, 1}});
    CHECK(decoded.positive_counts == std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  }

  TEST_CASE("exemplars come with their labels; too long ones are left out") {
    const std::string exemplar = Label("trace_id", "abc") + Double(2, 0.25) + Number(3, 99);
    const std::string long_one = Label("trace_id", std::string(121, 'x')) + Double(2, 1);
    RemoteWriteRequest request;
    REQUIRE(DecodeRemoteWrite("", "",
                              Snappy(Field(1, UpSeries() + Field(3, exemplar) + Field(3, long_one) +
                                                  SampleField(1, 1))),
                              &request)
                .ok());
    REQUIRE(request.batch.exemplars.size() == 1);
    CHECK(request.batch.exemplars[0].value == 0.25);
    CHECK(request.batch.exemplars[0].timestamp_ms == 99);
    CHECK(request.batch.exemplars[0].labels.Get("trace_id") == "abc");
    CHECK(request.batch.series[0].exemplars_end == 1);
    CHECK(request.exemplars_dropped == 1);
  }

  TEST_CASE("millions of tiny messages are refused, not stored as gigabytes") {
    RemoteWriteRequest request;
    const auto decode = [&](const std::string& part, size_t times) {
      std::string series;
      for (size_t i = 0; i < times; ++i) series += part;
      return DecodeRemoteWrite("", "identity", Field(1, series), &request).code();
    };
    constexpr auto kRefused = absl::StatusCode::kInvalidArgument;
    CHECK(decode(Field(2, ""), kRemoteWriteSamplesMax + 1) == kRefused);
    CHECK(decode(Field(3, ""), kRemoteWriteExemplarsMax + 1) == kRefused);
    CHECK(decode(Field(4, ""), kRemoteWriteHistogramsMax + 1) == kRefused);
    CHECK(decode(Field(4, Field(12, std::string(kRemoteWriteBucketsMax / 2, '\0'))), 3) ==
          kRefused);
    // Labels that stand apart are gathered in linear time, and are too many for a series.
    REQUIRE(decode(Field(1, "") + SampleField(1, 1), 100'000) == absl::StatusCode::kOk);
    storage::LabelSet labels;
    CHECK_FALSE(ParseRemoteWriteLabels(request.batch.series[0].raw_labels, &labels).ok());
  }

  TEST_CASE("labels are checked: names, UTF-8, duplicates, the metric name") {
    storage::LabelSet labels;
    const auto message = [&](const std::string& raw) {
      return std::string(ParseRemoteWriteLabels(raw, &labels).message());
    };
    CHECK(message(Label("", "x") + Label("__name__", "a")) == "invalid label name \"\"");
    CHECK(message(Label("__name__", "a") + Label("b", "\xff")) ==
          "invalid value of label \"b\": not UTF-8");
    CHECK(message(Label("__name__", "a") + Label("b", "1") + Label("b", "2")) ==
          "duplicate label with name \"b\"");
    CHECK(message(Label("job", "a")).find("invalid metric name") == 0);
    CHECK(
        message(Label("__name__", "m.\xc3\xbc") + Label("my.label", "1") + Label("e", "")).empty());
    CHECK(labels.size() == 2);
  }
}

}  // namespace varve::ingest
