#include "storage/wal/sample_record.h"

#include <algorithm>
#include <array>

#include "storage/encoding/byte_writer.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr uint8_t kFormat = 1;
constexpr uint8_t kFlagAllCountsOne = 1;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(StrCat("cannot read sample record: damaged ", what));
}

// How many bytes a value of each class takes.
constexpr std::array<uint8_t, 16> kClassBytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 0};
constexpr std::array<uint64_t, 9> kByteMasks = {0,
                                                0xff,
                                                0xffff,
                                                0xffffff,
                                                0xffffffff,
                                                0xffffffffff,
                                                0xffffffffffff,
                                                0xffffffffffffff,
                                                0xffffffffffffffff};

double ValueOf(uint8_t sample_class, uint64_t stored, double previous) {
  if (sample_class == kSampleClassRepeated) return previous;
  if (sample_class > kSampleClassInteger) return static_cast<double>(UnZigZag(stored));
  if (sample_class == kSampleClassZero) return 0;
  return std::bit_cast<double>(stored << (64 - 8 * sample_class));
}

}  // namespace

void SampleRecordEncoder::EndRun(uint64_t next_delta) {
  if (run_length_ > 0) {
    AppendVarint(run_length_, &timestamps_);
    AppendZigZag(static_cast<int64_t>(run_delta_), &timestamps_);
  }
  run_delta_ = next_delta;
  run_length_ = 0;
}

void SampleRecordEncoder::GrowValues() {
  value_room_ = std::max<size_t>(1024, 2 * value_room_);
  values_.resize(value_room_ * 8 + 8);
  classes_.reserve(value_room_);
}

void SampleRecordEncoder::Clear() {
  definitions_.Clear();
  series_count_ = 0;
  last_ref_ = 0;
  refs_.clear();
  series_begin_ = 0;
  all_counts_one_ = true;
  counts_.clear();
  last_timestamp_ = 0;
  run_delta_ = 0;
  run_length_ = 0;
  timestamps_.clear();
  last_bits_ = 0;
  classes_.clear();
  values_size_ = 0;
}

void SampleRecordEncoder::Finish(std::string* payload) {
  EndSeries();
  EndRun(0);
  ByteWriter writer(payload);
  writer.U8(kFormat);
  definitions_.AppendTo(payload);
  writer.U8(all_counts_one_ ? kFlagAllCountsOne : 0);
  writer.Varint(series_count_);
  writer.Varint(classes_.size());
  writer.Bytes(refs_);
  if (!all_counts_one_) {
    for (const uint64_t count : counts_) writer.Varint(count);
  }
  writer.SizedBytes(timestamps_);
  const size_t classes_at = payload->size();
  payload->resize(classes_at + (classes_.size() + 1) / 2);
  char* to = payload->data() + classes_at;
  if (classes_.size() % 2 != 0) classes_.push_back(0);
  for (size_t i = 0; i < classes_.size(); i += 2) {
    *to++ = static_cast<char>(classes_[i] | classes_[i + 1] << 4);
  }
  writer.Bytes({values_.data(), values_size_});
  Clear();
}

absl::Status SampleRecordDecoder::Decode(std::string_view payload) {
  series_.clear();
  timestamps_ms_.clear();
  values_.clear();
  definitions_.clear();
  ByteReader reader(payload);
  uint8_t format = 0;
  if (!reader.U8(&format) || format != kFormat) return Damaged("format number");
  VARVE_RETURN_IF_ERROR(ReadRecordDefinitions(&reader, &definitions_));
  uint8_t flags = 0;
  uint64_t series_count = 0;
  uint64_t sample_count = 0;
  // Every series takes a byte at least and every sample half a byte: no count allocates more than a
  // small multiple of what was read.
  if (!reader.U8(&flags) || flags > kFlagAllCountsOne ||
      !reader.VarintUpTo(reader.remaining(), &series_count) ||
      !reader.VarintUpTo(2 * reader.remaining(), &sample_count)) {
    return Damaged("counts");
  }
  series_.resize(series_count);
  int64_t delta = 0;
  uint64_t ref = 0;
  for (Series& series : series_) {
    if (!reader.ZigZag(&delta)) return Damaged("refs");
    ref += static_cast<uint64_t>(delta);
    series.ref = ref;
  }
  uint64_t begin = 0;
  for (Series& series : series_) {
    uint64_t count = 1;
    if (flags != kFlagAllCountsOne && !reader.Varint(&count)) return Damaged("sample counts");
    if (count > sample_count - begin) return Damaged("sample counts");
    series.begin = static_cast<uint32_t>(begin);
    begin += count;
    series.end = static_cast<uint32_t>(begin);
  }
  if (begin != sample_count) return Damaged("sample counts");
  std::string_view runs;
  std::string_view classes;
  if (!reader.SizedBytes(&runs) || !reader.Bytes((sample_count + 1) / 2, &classes)) {
    return Damaged("columns");
  }
  timestamps_ms_.resize(sample_count);
  values_.resize(sample_count);
  VARVE_RETURN_IF_ERROR(DecodeTimestamps(runs));
  return DecodeValues(classes, reader.rest());
}

absl::Status SampleRecordDecoder::DecodeTimestamps(std::string_view runs) {
  ByteReader reader(runs);
  uint64_t timestamp = 0;
  size_t at = 0;
  while (at < timestamps_ms_.size()) {
    uint64_t length = 0;
    int64_t delta = 0;
    if (!reader.VarintUpTo(timestamps_ms_.size() - at, &length) || !reader.ZigZag(&delta) ||
        length == 0) {
      return Damaged("timestamps");
    }
    for (const size_t end = at + length; at < end; ++at) {
      timestamp += static_cast<uint64_t>(delta);
      timestamps_ms_[at] = static_cast<int64_t>(timestamp);
    }
  }
  return reader.AtEnd() ? absl::OkStatus() : Damaged("timestamps");
}

absl::Status SampleRecordDecoder::DecodeValues(std::string_view classes, std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  double previous = 0;
  for (size_t i = 0; i < values_.size(); ++i) {
    const uint8_t sample_class = static_cast<uint8_t>(classes[i / 2]) >> (i % 2 == 0 ? 0 : 4) & 0xf;
    const size_t size = kClassBytes[sample_class];
    uint64_t stored = 0;
    if (static_cast<size_t>(end - at) >= sizeof(stored)) {
      std::memcpy(&stored, at, sizeof(stored));
      stored &= kByteMasks[size];
    } else {
      if (static_cast<size_t>(end - at) < size) return Damaged("values");
      std::memcpy(&stored, at, size);
    }
    at += size;
    previous = ValueOf(sample_class, stored, previous);
    values_[i] = previous;
  }
  return at == end ? absl::OkStatus() : Damaged("values");
}

}  // namespace varve::storage
