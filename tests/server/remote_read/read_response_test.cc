#include "server/remote_read/read_response.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "ingest/protobuf_reader.h"
#include "server/remote_read/sample_chunk.h"
#include "tests/ingest/wire_writer.h"
#include "tests/server/remote_read/chunk_reader.h"

namespace varve::server {
namespace {

using namespace ingest::wire;  // NOLINT: the words of the messages
using ingest::ProtobufReader;
using storage::SampleColumns;

SampleColumns Columns(std::vector<int64_t> times, std::vector<double> values) {
  SampleColumns columns;
  columns.timestamps_ms = std::make_shared<const std::vector<int64_t>>(std::move(times));
  columns.values = std::move(values);
  return columns;
}

// The messages of a stream, their checksums compared.
std::vector<std::string> Frames(std::string_view stream) {
  std::vector<std::string> frames;
  while (!stream.empty()) {
    const char* at = stream.data();
    uint64_t length = 0;
    REQUIRE(ingest::ReadVarint(&at, stream.data() + stream.size(), &length));
    stream.remove_prefix(static_cast<size_t>(at - stream.data()));
    REQUIRE(stream.size() >= length + 4);
    uint32_t checksum = 0;
    for (int i = 0; i < 4; ++i) checksum = checksum << 8 | static_cast<uint8_t>(stream[i]);
    frames.emplace_back(stream.substr(4, length));
    CHECK(checksum == Crc32Castagnoli(frames.back()));
    stream.remove_prefix(4 + length);
  }
  return frames;
}

struct ReadChunk {
  int64_t min_ms = 0;
  int64_t max_ms = 0;
  uint64_t type = 0;
  std::string data;
};
std::vector<ReadChunk> Chunks(const std::string& frame) {
  std::vector<ReadChunk> chunks;
  ProtobufReader message(frame);
  REQUIRE(message.Next());
  ProtobufReader series(message.bytes());
  while (series.Next()) {
    if (series.field() != 2) continue;
    ReadChunk& chunk = chunks.emplace_back();
    ProtobufReader fields(series.bytes());
    while (fields.Next()) {
      if (fields.field() == 1) chunk.min_ms = fields.signed_number();
      if (fields.field() == 2) chunk.max_ms = fields.signed_number();
      if (fields.field() == 3) chunk.type = fields.number();
      if (fields.field() == 4) chunk.data = fields.bytes();
    }
  }
  return chunks;
}

}  // namespace

TEST_SUITE("server/remote_read/read_response") {
  TEST_CASE("the checksum is that of the catalogues") {
    CHECK(Crc32Castagnoli("123456789") == 0xE3069283);
    CHECK(Crc32Castagnoli("") == 0);
  }

  TEST_CASE("samples in one message, byte for byte") {
    std::string out;
    AppendReadSeries(storage::LabelSet{{"__name__", "up"}, {"job", "a"}},
                     Columns({1000, 2000}, {1.5, -2}), &out);
    CHECK(out == Field(1, Label("__name__", "up") + Label("job", "a") + SampleField(1.5, 1000) +
                              SampleField(-2, 2000)));
    std::string response;
    AppendReadResultHead(out.size(), &response);
    response += out;
    CHECK(response == Field(1, out));
  }

  TEST_CASE("a series in chunks of 120 samples, and a long one in several frames") {
    std::vector<int64_t> times;
    std::vector<double> values;
    for (int64_t i = 0; i < 300'000; ++i) {
      times.push_back(1'000'000 + i * 15'000);
      values.push_back(static_cast<double>(i) * 0.37);
    }
    const storage::LabelSet labels{{"__name__", "up"}};
    std::string stream;
    ReadFrameWriter writer;
    writer.Begin(labels, 3);
    // In two pieces of time, as they come from the storage.
    const auto middle = static_cast<ptrdiff_t>(times.size() / 3);
    writer.Add(
        Columns({times.begin(), times.begin() + middle}, {values.begin(), values.begin() + middle}),
        &stream);
    writer.Add(
        Columns({times.begin() + middle, times.end()}, {values.begin() + middle, values.end()}),
        &stream);
    writer.End(&stream);
    writer.Begin(labels, 3);  // one without samples has no frame
    writer.Add(SampleColumns{}, &stream);
    writer.End(&stream);
    const std::vector<std::string> frames = Frames(stream);
    CHECK(frames.size() > 1);
    size_t next = 0;
    for (const std::string& frame : frames) {
      CHECK(frame.size() <= kReadFrameBytesMax + 64);
      CHECK(frame.substr(frame.size() - 2) == Number(2, 3));
      for (const ReadChunk& chunk : Chunks(frame)) {
        CHECK(chunk.type == 1);
        const std::vector<storage::Sample> samples = ReadXorChunk(chunk.data);
        CHECK(samples.size() <= kChunkSamplesMax);
        CHECK(chunk.min_ms == samples.front().timestamp_ms);
        CHECK(chunk.max_ms == samples.back().timestamp_ms);
        for (const storage::Sample& sample : samples) {
          REQUIRE(sample.timestamp_ms == times[next]);
          REQUIRE(sample.value == values[next]);
          ++next;
        }
      }
    }
    CHECK(next == times.size());
  }

  TEST_CASE("floats and histograms of one series follow each other in time") {
    SampleColumns columns = Columns({10, 20, 50}, {1, 2, 3});
    const auto histogram = std::make_shared<storage::Histogram>();
    columns.histogram_timestamps_ms = {30, 40, 60};
    columns.histograms = {histogram, histogram, histogram};
    std::string stream;
    ReadFrameWriter writer;
    writer.Begin(storage::LabelSet{{"__name__", "up"}}, 0);
    writer.Add(columns, &stream);
    writer.End(&stream);
    const std::vector<std::string> frames = Frames(stream);
    REQUIRE(frames.size() == 1);
    std::string all;
    for (const ReadChunk& chunk : Chunks(frames[0])) {
      all += std::to_string(chunk.min_ms) + "-" + std::to_string(chunk.max_ms) + ":" +
             std::to_string(chunk.type) + " ";
    }
    CHECK(all == "10-20:1 30-40:2 50-50:1 60-60:2 ");
  }

  TEST_CASE("histograms in the message of samples") {
    SampleColumns columns;
    columns.histogram_timestamps_ms = {30};
    auto histogram = std::make_shared<storage::Histogram>();
    histogram->count = 6;
    histogram->sum = 2.5;
    histogram->schema = -1;
    histogram->zero_count = 1;
    histogram->zero_threshold = 0.5;
    histogram->positive_spans = {{1, 2}};
    histogram->positive_counts = {3, 2};
    columns.histograms = {histogram};
    std::string out;
    AppendReadSeries(storage::LabelSet{{"__name__", "h"}}, columns, &out);
    CHECK(out ==
          Field(1, Label("__name__", "h") +
                       Field(4, Number(1, 6) + Double(3, 2.5) + Signed(4, -1) + Double(5, 0.5) +
                                    Number(6, 1) + Span(11, 1, 2) + PackedSigned(12, {3, -1}) +
                                    Number(14, 0) + Number(15, 30))));
  }
}

}  // namespace varve::server
