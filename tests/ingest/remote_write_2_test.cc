#include <doctest/doctest.h>

#include <string>

#include "ingest/remote_write.h"
#include "tests/ingest/wire_writer.h"

namespace varve::ingest {
namespace {

using namespace wire;  // NOLINT: the words of the messages

constexpr const char* kType2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

std::string Symbols(std::initializer_list<const char*> symbols) {
  std::string out = Field(4, "");
  for (const char* symbol : symbols) out += Field(4, symbol);
  return out;
}
std::string Series(std::initializer_list<uint64_t> refs, const std::string& fields) {
  return Field(5, PackedRefs(1, refs) + fields);
}
absl::Status Decode(const std::string& body, RemoteWriteRequest* request) {
  return DecodeRemoteWrite(kType2, "snappy", Snappy(body), request);
}
std::string SeriesText(const RemoteWriteRequest& request, size_t index) {
  storage::LabelSet labels;
  const absl::Status parsed = request.batch.parse(request.batch.series[index].raw_labels, &labels);
  return parsed.ok() ? labels.ToString() : std::string(parsed.message());
}

}  // namespace

TEST_SUITE("ingest/remote_write_2") {
  TEST_CASE("labels are resolved into the same block that 1.0 sends") {
    const std::string body = Symbols({"__name__", "up", "job", "a"}) +
                             Series({1, 2, 3, 4}, SampleField(1.5, 1000)) +
                             Series({1, 2, 3, 4}, SampleField(2.5, 2000));
    RemoteWriteRequest request;
    REQUIRE(Decode(body, &request).ok());
    CHECK(request.version == RemoteWriteVersion::k2);
    REQUIRE(request.batch.series.size() == 2);
    CHECK(request.batch.series[0].raw_labels == Label("__name__", "up") + Label("job", "a"));
    CHECK(request.batch.series[1].raw_labels == request.batch.series[0].raw_labels);
    CHECK(SeriesText(request, 0) == "up{job=\"a\"}");
    CHECK(request.batch.samples[1].value == 2.5);
    CHECK(request.batch.start_timestamps_ms.empty());
    CHECK(request.rejections.empty());
  }

  TEST_CASE("long labels have the lengths that 1.0 gives them") {
    const std::string value(300, 'v');
    const std::string body =
        Symbols({"__name__", "m", value.c_str()}) + Series({1, 2, 2, 3}, SampleField(1, 1));
    RemoteWriteRequest request;
    REQUIRE(Decode(body, &request).ok());
    CHECK(request.batch.series[0].raw_labels == Label("__name__", "m") + Label("m", value));
  }

  TEST_CASE("symbols may come behind the series, references without packing") {
    const std::string series =
        Field(5, Number(1, 1) + Number(1, 2) + SampleField(1, 1)) + Symbols({"__name__", "up"});
    RemoteWriteRequest request;
    REQUIRE(Decode(series, &request).ok());
    CHECK(SeriesText(request, 0) == "up{}");
  }

  TEST_CASE("start timestamps belong to their samples, 0 where there is none") {
    const std::string with_start = Field(2, Double(1, 1) + Number(2, 1000) + Number(3, 500));
    const std::string histogram = Number(1, 0) + Number(15, 3000) + Number(17, 700);
    const std::string body = Symbols({"__name__", "a", "b", "c"}) +
                             Series({1, 2}, SampleField(1, 1)) + Series({1, 3}, with_start) +
                             Series({1, 4}, Field(3, histogram)) +
                             Series({1, 2}, SampleField(2, 2) + SampleField(3, 3) + Number(6, 1));
    RemoteWriteRequest request;
    REQUIRE(Decode(body, &request).ok());
    CHECK(request.batch.start_timestamps_ms == std::vector<int64_t>{0, 500, 1, 1});
    REQUIRE(request.batch.histograms.size() == 1);
    CHECK(request.batch.histograms[0].start_timestamp_ms == 700);
    CHECK(request.batch.histograms[0].timestamp_ms == 3000);
  }

  TEST_CASE("exemplars and metadata") {
    const std::string exemplar = PackedRefs(1, {5, 6}) + Double(2, 0.5) + Number(3, 77);
    const std::string metadata = Number(1, 3) + Number(3, 7) + Number(4, 8);
    const std::string body =
        Symbols(
            {"__name__", "d_seconds_bucket", "le", "1", "trace_id", "abc", "Help.", "seconds"}) +
        Series({1, 2, 3, 4}, SampleField(1, 1) + Field(4, exemplar) + Field(5, metadata)) +
        Series({1, 2, 3, 6}, SampleField(1, 1) + Field(5, metadata));
    RemoteWriteRequest request;
    REQUIRE(Decode(body, &request).ok());
    REQUIRE(request.batch.exemplars.size() == 1);
    CHECK(request.batch.exemplars[0].labels.Get("trace_id") == "abc");
    CHECK(request.batch.exemplars[0].timestamp_ms == 77);
    CHECK(request.batch.series[0].exemplars_end == 1);
    CHECK(request.batch.series[1].exemplars_begin == 1);
    REQUIRE(request.metadata.size() == 1);
    CHECK(request.metadata[0].type == "histogram");
    CHECK(request.metadata[0].family == "d_seconds");
    CHECK(request.metadata[0].help == "Help.");
    CHECK(request.metadata[0].unit == "seconds");
  }

  TEST_CASE("a series that cannot be read is told, the others are decoded") {
    const std::string body = Symbols({"__name__", "up"}) +
                             Series({1, 999}, SampleField(1, 1) + SampleField(2, 2)) +
                             Series({1, 2, 1}, SampleField(1, 1)) + Series({1, 2}, "") +
                             Series({1, 2}, SampleField(5, 5));
    RemoteWriteRequest request;
    REQUIRE(Decode(body, &request).ok());
    REQUIRE(request.batch.series.size() == 1);
    REQUIRE(request.batch.samples.size() == 1);
    CHECK(request.batch.samples[0].value == 5);
    CHECK(request.batch.series[0].begin == 0);
    CHECK(request.rejected == 3);
    REQUIRE(request.rejections.size() == 3);
    CHECK(request.rejections[0].message ==
          "parsing labels for series [1 999]: labelRefs 1 (name) = 999 (value) outside of symbols "
          "table (size 3)");
    CHECK(request.rejections[1].message ==
          "parsing labels for series [1 2 1]: invalid labelRefs length 3");
    CHECK(request.rejections[2].message ==
          "TimeSeries must contain at least one sample or histogram for series up{}");
  }

  TEST_CASE("references of exemplars and metadata beyond the table are told, the sample is kept") {
    const std::string body =
        Symbols({"__name__", "up"}) +
        Series({1, 2}, SampleField(1, 1) + Field(4, PackedRefs(1, {1, 1u << 31})) +
                           Field(5, Number(1, 1) + Number(3, 77)));
    RemoteWriteRequest request;
    REQUIRE(Decode(body, &request).ok());
    CHECK(request.batch.samples.size() == 1);
    CHECK(request.batch.exemplars.empty());
    CHECK(request.metadata.empty());
    CHECK(request.rejections.size() == 2);
    CHECK(request.rejected == 0);
  }

  TEST_CASE("a body cut at any byte is refused or decodes to a prefix, and never crashes") {
    const std::string body = Symbols({"__name__", "up"}) + Series({1, 2}, SampleField(1, 1)) +
                             Series({1, 2}, Field(3, Number(1, 1) + Span(11, 0, 1) +
                                                         PackedSigned(12, {1}) + Number(15, 1)));
    for (size_t length = 0; length < body.size(); ++length) {
      RemoteWriteRequest request;
      if (!DecodeRemoteWrite(kType2, "identity", body.substr(0, length), &request).ok()) continue;
      for (size_t i = 0; i < request.batch.series.size(); ++i) SeriesText(request, i);
    }
  }

  TEST_CASE("few bytes that stand for very many are refused") {
    RemoteWriteRequest request;
    // One long symbol, and as many series that repeat it as the body has room for.
    std::string bomb = Field(4, "") + Field(4, "__name__") + Field(4, std::string(8000, 'x'));
    std::string refs;
    for (int i = 0; i < 100; ++i) refs += "\x01\x02";
    const std::string series = Field(5, Field(1, refs) + Field(2, ""));
    while (bomb.size() < (4 << 20)) bomb += series;
    CHECK(Decode(bomb, &request).code() == absl::StatusCode::kInvalidArgument);
    CHECK(request.arena.bytes() < kRemoteWriteLabelBytesMax + (4 << 20));
    // Very many references in one series.
    const std::string wide = Symbols({"__name__"}) +
                             Field(5, Field(1, std::string(2 << 20, '\x01')) + SampleField(1, 1));
    REQUIRE(Decode(wide, &request).ok());
    CHECK(request.rejections.size() == 1);
    CHECK(request.rejections[0].message.size() < 4096);
    // More symbols than a request may have.
    std::string symbols;
    for (size_t i = 0; i <= kRemoteWriteSymbolsMax; ++i) symbols += Field(4, "");
    CHECK(Decode(symbols, &request).code() == absl::StatusCode::kInvalidArgument);
    // A symbol longer than a label may be.
    const std::string long_symbol(1 << 20, 'y');
    REQUIRE(Decode(Symbols({"__name__", long_symbol.c_str()}) + Series({1, 2}, SampleField(1, 1)),
                   &request)
                .ok());
    CHECK(request.rejected == 1);
    CHECK(request.arena.bytes() == 0);
  }
}

}  // namespace varve::ingest
