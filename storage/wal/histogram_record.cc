#include "storage/wal/histogram_record.h"

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr uint8_t kFormat = 1;
// A flags byte, two runs of numbers and a sum: what a histogram takes at least.
constexpr size_t kHistogramBytesMin = 3;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(StrCat("cannot read histogram record: damaged ", what));
}

}  // namespace

void HistogramRecordEncoder::Begin(uint64_t ref) {
  AppendZigZag(static_cast<int64_t>(ref - last_ref_), &refs_);
  last_ref_ = ref;
  counts_.push_back(0);
  stream_.Restart();
}

void HistogramRecordEncoder::Add(int64_t timestamp_ms, const Histogram& histogram) {
  const auto timestamp = static_cast<uint64_t>(timestamp_ms);
  AppendZigZag(static_cast<int64_t>(timestamp - last_timestamp_), &timestamps_);
  last_timestamp_ = timestamp;
  ++counts_.back();
  stream_.Append(histogram);
}

void HistogramRecordEncoder::Clear() {
  definitions_.Clear();
  last_ref_ = 0;
  refs_.clear();
  counts_.clear();
  last_timestamp_ = 0;
  timestamps_.clear();
  stream_.Clear();
}

void HistogramRecordEncoder::Finish(std::string* payload) {
  ByteWriter writer(payload);
  writer.U8(kFormat);
  definitions_.AppendTo(payload);
  writer.Varint(counts_.size());
  writer.Varint(stream_.count());
  writer.Bytes(refs_);
  for (const uint64_t count : counts_) writer.Varint(count);
  writer.Bytes(timestamps_);
  writer.Bytes(stream_.bytes());
  Clear();
}

absl::Status HistogramRecordDecoder::Decode(std::string_view payload) {
  series_.clear();
  timestamps_ms_.clear();
  histograms_.clear();
  ByteReader reader(payload);
  uint8_t format = 0;
  if (!reader.U8(&format) || format != kFormat) return Damaged("format number");
  VARVE_RETURN_IF_ERROR(ReadRecordDefinitions(&reader, &definitions_));
  uint64_t series_count = 0;
  uint64_t histogram_count = 0;
  if (!reader.VarintUpTo(reader.remaining(), &series_count) ||
      !reader.VarintUpTo(reader.remaining() / kHistogramBytesMin, &histogram_count)) {
    return Damaged("counts");
  }
  series_.resize(series_count);
  uint64_t ref = 0;
  for (Series& series : series_) {
    int64_t difference = 0;
    if (!reader.ZigZag(&difference)) return Damaged("refs");
    ref += static_cast<uint64_t>(difference);
    series.ref = ref;
  }
  uint64_t begin = 0;
  for (Series& series : series_) {
    uint64_t count = 0;
    if (!reader.VarintUpTo(histogram_count - begin, &count)) return Damaged("histogram counts");
    series.begin = static_cast<uint32_t>(begin);
    begin += count;
    series.end = static_cast<uint32_t>(begin);
  }
  if (begin != histogram_count) return Damaged("histogram counts");
  uint64_t timestamp = 0;
  for (uint64_t i = 0; i < histogram_count; ++i) {
    int64_t difference = 0;
    if (!reader.ZigZag(&difference)) return Damaged("timestamps");
    timestamp += static_cast<uint64_t>(difference);
    timestamps_ms_.push_back(static_cast<int64_t>(timestamp));
  }
  HistogramStreamDecoder stream(reader.rest());
  for (uint64_t i = 0; i < histogram_count; ++i) {
    if (!stream.Next()) return Damaged("histograms");
    histograms_.push_back(stream.histogram());
  }
  return stream.AtEnd() ? absl::OkStatus() : Damaged("end");
}

}  // namespace varve::storage
