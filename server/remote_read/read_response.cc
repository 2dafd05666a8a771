#include "server/remote_read/read_response.h"

#include <nmmintrin.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "server/remote_read/integer_count.h"
#include "server/remote_read/protobuf_writer.h"
#include "server/remote_read/sample_chunk.h"

namespace varve::server {
namespace {

using storage::Histogram;
using storage::HistogramSpan;
using storage::LabelSetView;
using storage::SampleColumns;

// Field numbers of ReadResponse, QueryResult, TimeSeries, Label, Sample, Histogram and BucketSpan.
constexpr uint32_t kResponseResult = 1;
constexpr uint32_t kResultSeries = 1;
constexpr uint32_t kSeriesLabel = 1;
constexpr uint32_t kSeriesSample = 2;
constexpr uint32_t kSeriesHistogram = 4;
constexpr uint32_t kLabelName = 1;
constexpr uint32_t kLabelValue = 2;
constexpr uint32_t kSampleValue = 1;
constexpr uint32_t kSampleTimestamp = 2;
constexpr uint32_t kSpanOffset = 1;
constexpr uint32_t kSpanLength = 2;
// Of ChunkedReadResponse, ChunkedSeries and Chunk.
constexpr uint32_t kChunkedSeries = 1;
constexpr uint32_t kChunkedQueryIndex = 2;
constexpr uint32_t kChunkedLabel = 1;
constexpr uint32_t kChunkedChunk = 2;
constexpr uint32_t kChunkMinTime = 1;
constexpr uint32_t kChunkMaxTime = 2;
constexpr uint32_t kChunkType = 3;
constexpr uint32_t kChunkData = 4;

std::string LabelsMessage(uint32_t field, LabelSetView labels) {
  std::string message;
  std::string one;
  for (const storage::LabelView label : labels) {
    one.clear();
    ProtobufWriter writer(&one);
    writer.Bytes(kLabelName, label.name);
    writer.Bytes(kLabelValue, label.value);
    ProtobufWriter(&message).Bytes(field, one);
  }
  return message;
}

void WriteSpans(uint32_t field, const std::vector<HistogramSpan>& spans, ProtobufWriter* writer) {
  for (const HistogramSpan& span : spans) {
    std::string message;
    ProtobufWriter fields(&message);
    fields.Signed(kSpanOffset, span.offset);
    fields.Number(kSpanLength, span.length);
    writer->Bytes(field, message);
  }
}

void WriteDoubles(uint32_t field, const std::vector<double>& values, ProtobufWriter* writer) {
  if (values.empty()) return;
  std::string packed;
  for (const double value : values) AppendFixed64(value, &packed);
  writer->Bytes(field, packed);
}

void WriteDeltas(uint32_t field, const std::vector<double>& counts, ProtobufWriter* writer) {
  if (counts.empty()) return;
  std::string packed;
  int64_t before = 0;
  for (const double count : counts) {
    const int64_t integer = IntegerCount(count);
    AppendUvarint(Zigzag(integer - before), &packed);
    before = integer;
  }
  writer->Bytes(field, packed);
}

std::string HistogramMessage(int64_t timestamp_ms, const Histogram& histogram) {
  std::string message;
  ProtobufWriter writer(&message);
  if (histogram.is_float) {
    writer.Double(2, histogram.count);
  } else {
    writer.Int64(1, IntegerCount(histogram.count));
  }
  writer.Double(3, histogram.sum);
  writer.Signed(4, histogram.schema);
  writer.Double(5, histogram.zero_threshold);
  if (histogram.is_float) {
    writer.Double(7, histogram.zero_count);
  } else {
    writer.Int64(6, IntegerCount(histogram.zero_count));
  }
  WriteSpans(8, histogram.negative_spans, &writer);
  WriteSpans(11, histogram.positive_spans, &writer);
  if (histogram.is_float) {
    WriteDoubles(10, histogram.negative_counts, &writer);
    WriteDoubles(13, histogram.positive_counts, &writer);
  } else {
    WriteDeltas(9, histogram.negative_counts, &writer);
    WriteDeltas(12, histogram.positive_counts, &writer);
  }
  writer.Number(14, static_cast<uint64_t>(histogram.reset_hint));
  writer.Int64(15, timestamp_ms);
  WriteDoubles(16, histogram.custom_values, &writer);
  return message;
}

// Cuts the columns of a series into chunks in the order of time. A chunk has floats or histograms,
// so where they alternate it is short.
class ChunkCutter {
 public:
  explicit ChunkCutter(const SampleColumns& columns) : columns_(columns) {
    if (columns.timestamps_ms != nullptr) times_ = *columns.timestamps_ms;
  }

  bool Next(SampleChunk* chunk) {
    const std::span<const int64_t> histogram_times = columns_.histogram_timestamps_ms;
    const bool floats_left = float_ < times_.size();
    const bool histograms_left = histogram_ < histogram_times.size();
    if (!floats_left && !histograms_left) return false;
    if (floats_left && (!histograms_left || times_[float_] < histogram_times[histogram_])) {
      const size_t count = CountBefore(times_.subspan(float_),
                                       histograms_left ? &histogram_times[histogram_] : nullptr);
      *chunk = EncodeXorChunk(times_.subspan(float_, count),
                              std::span(columns_.values).subspan(float_, count));
      float_ += count;
      return true;
    }
    size_t count =
        CountBefore(histogram_times.subspan(histogram_), floats_left ? &times_[float_] : nullptr);
    const auto run = std::span(columns_.histograms).subspan(histogram_, count);
    count = HistogramRun(run);
    *chunk = EncodeHistogramChunk(histogram_times.subspan(histogram_, count), run.first(count));
    histogram_ += count;
    return true;
  }

 private:
  // How many of the first kChunkSamplesMax come before `bound`; nullptr: all. At least the first.
  static size_t CountBefore(std::span<const int64_t> times, const int64_t* bound) {
    const std::span<const int64_t> most = times.first(std::min(times.size(), kChunkSamplesMax));
    if (bound == nullptr) return most.size();
    const auto end = std::lower_bound(most.begin() + 1, most.end(), *bound);
    return static_cast<size_t>(end - most.begin());
  }

  const SampleColumns& columns_;
  std::span<const int64_t> times_;
  size_t float_ = 0;
  size_t histogram_ = 0;
};

void AppendFrame(const std::string& series, int64_t query_index, std::string* out) {
  std::string message;
  ProtobufWriter writer(&message);
  writer.Bytes(kChunkedSeries, series);
  if (query_index != 0) writer.Int64(kChunkedQueryIndex, query_index);
  AppendUvarint(message.size(), out);
  const uint32_t checksum = Crc32Castagnoli(message);
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(checksum >> shift));
  out->append(message);
}

}  // namespace

uint32_t Crc32Castagnoli(std::string_view bytes) {
  uint64_t checksum = 0xFFFFFFFF;
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= bytes.size(); i += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof(word));
    checksum = _mm_crc32_u64(checksum, word);
  }
  auto narrow = static_cast<uint32_t>(checksum);
  for (; i < bytes.size(); ++i) narrow = _mm_crc32_u8(narrow, static_cast<uint8_t>(bytes[i]));
  return ~narrow;
}

void AppendReadSeries(LabelSetView labels, const SampleColumns& columns, std::string* out) {
  std::string series = LabelsMessage(kSeriesLabel, labels);
  ProtobufWriter writer(&series);
  std::string sample;
  for (size_t i = 0; i < columns.values.size(); ++i) {
    sample.clear();
    ProtobufWriter fields(&sample);
    fields.Double(kSampleValue, columns.values[i]);
    fields.Int64(kSampleTimestamp, (*columns.timestamps_ms)[i]);
    writer.Bytes(kSeriesSample, sample);
  }
  for (size_t i = 0; i < columns.histograms.size(); ++i) {
    writer.Bytes(kSeriesHistogram,
                 HistogramMessage(columns.histogram_timestamps_ms[i], *columns.histograms[i]));
  }
  ProtobufWriter(out).Bytes(kResultSeries, series);
}

void AppendReadResultHead(uint64_t result_bytes, std::string* out) {
  ProtobufWriter(out).BytesHead(kResponseResult, result_bytes);
}

void ReadFrameWriter::Begin(LabelSetView labels, int64_t query_index) {
  query_index_ = query_index;
  series_ = LabelsMessage(kChunkedLabel, labels);
  head_bytes_ = series_.size();
}

void ReadFrameWriter::Add(const SampleColumns& columns, std::string* out) {
  ChunkCutter cutter(columns);
  SampleChunk chunk;
  while (cutter.Next(&chunk)) {
    chunk_.clear();
    ProtobufWriter fields(&chunk_);
    fields.Int64(kChunkMinTime, chunk.min_time_ms);
    fields.Int64(kChunkMaxTime, chunk.max_time_ms);
    fields.Number(kChunkType, static_cast<uint64_t>(chunk.encoding));
    fields.Bytes(kChunkData, chunk.data);
    if (series_.size() > head_bytes_ && series_.size() + chunk_.size() > kReadFrameBytesMax) {
      End(out);
    }
    ProtobufWriter(&series_).Bytes(kChunkedChunk, chunk_);
  }
}

void ReadFrameWriter::End(std::string* out) {
  if (series_.size() == head_bytes_) return;
  AppendFrame(series_, query_index_, out);
  series_.resize(head_bytes_);
}

}  // namespace varve::server
