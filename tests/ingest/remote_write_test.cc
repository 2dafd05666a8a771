#include "ingest/remote_write.h"

#include <doctest/doctest.h>
#include <snappy.h>

#include <cstring>
#include <string>

namespace varve::ingest {
namespace {

// Writes protobuf by hand, so that the decoder is not tested against itself.
std::string Varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
  return out;
}
std::string Field(uint32_t number, const std::string& bytes) {
  return Varint(number << 3 | 2) + Varint(bytes.size()) + bytes;
}
std::string Label(const std::string& name, const std::string& value) {
  return Field(1, Field(1, name) + Field(2, value));
}
std::string SampleField(double value, int64_t timestamp_ms) {
  std::string fixed(8, '\0');
  std::memcpy(fixed.data(), &value, 8);
  return Field(
      2, Varint(1 << 3 | 1) + fixed + Varint(2 << 3) + Varint(static_cast<uint64_t>(timestamp_ms)));
}
std::string Snappy(const std::string& plain) {
  std::string out;
  snappy::Compress(plain.data(), plain.size(), &out);
  return out;
}
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
    CHECK(DecodeRemoteWrite("application/x-protobuf;proto=io.prometheus.write.v2.Request", "snappy",
                            "", &request)
              .code() == absl::StatusCode::kUnimplemented);
    CHECK(DecodeRemoteWrite("application/x-protobuf", "br", "", &request).code() ==
          absl::StatusCode::kUnimplemented);
    CHECK(DecodeRemoteWrite("application/x-protobuf;proto=prometheus.WriteRequest", "snappy",
                            Snappy(""), &request)
              .ok());
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
