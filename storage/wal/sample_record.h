// The payload of a WAL record of samples: one metric batch, in columns.
//
// Built for what remote-write sends: thousands of series with one sample each, all at the same few
// timestamps, values that are often small integers. A record needs nothing outside itself but the
// definitions in its segment.
//
// Threads:  thread-compatible.
// Owns:     encoder and decoder their buffers, kept from one record to the next.
// Errors:   DATA_LOSS for a damaged payload.
// Format:   storage/docs/wal_format.md
#ifndef STORAGE_WAL_SAMPLE_RECORD_H_
#define STORAGE_WAL_SAMPLE_RECORD_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/encoding/varint.h"
#include "storage/model/label_set.h"
#include "storage/wal/record_definitions.h"

namespace varve::storage {

// How a value is stored; the numbers are part of the format.
inline constexpr uint8_t kSampleClassZero = 0;       // the bits are all zero
inline constexpr uint8_t kSampleClassDouble = 0;     // + n: the upper n (1..8) bytes of the bits
inline constexpr uint8_t kSampleClassInteger = 8;    // + n: zig-zag integer of n (1..6) bytes
inline constexpr uint8_t kSampleClassRepeated = 15;  // as the value before in this record

// Collects the samples of one record: Begin and Add for each series; Define, at any time, for the
// series whose labels the segment does not have yet; then Finish. So samples can be encoded before
// WalWriter::Enqueue, and only definitions under its lock.
class SampleRecordEncoder {
 public:
  SampleRecordEncoder() { Clear(); }

  void Define(uint64_t ref, LabelSetView labels) { definitions_.Add(ref, labels); }

  void Begin(uint64_t ref) {
    EndSeries();
    AppendZigZag(static_cast<int64_t>(ref - last_ref_), &refs_);
    last_ref_ = ref;
    ++series_count_;
  }

  void Add(int64_t timestamp_ms, double value) {
    const uint64_t delta = static_cast<uint64_t>(timestamp_ms) - last_timestamp_;
    last_timestamp_ = static_cast<uint64_t>(timestamp_ms);
    if (delta != run_delta_) EndRun(delta);
    ++run_length_;
    if (classes_.size() == value_room_) GrowValues();
    AddValue(std::bit_cast<uint64_t>(value), value);
  }

  // What Define has added since the last Finish.
  size_t definition_bytes() const { return definitions_.byte_size(); }
  // Series and samples added since the last Finish.
  size_t series_count() const { return series_count_; }
  size_t sample_count() const { return classes_.size(); }
  // Appends the record to `*payload` and makes the encoder empty.
  void Finish(std::string* payload);
  void Clear();

 private:
  void EndSeries() {
    if (series_count_ == 0) return;
    const uint64_t count = classes_.size() - series_begin_;
    all_counts_one_ &= count == 1;
    counts_.push_back(count);
    series_begin_ = classes_.size();
  }
  void EndRun(uint64_t next_delta);
  void GrowValues();

  void AddValue(uint64_t bits, double value) {
    if (bits == last_bits_) {
      classes_.push_back(kSampleClassRepeated);
      return;
    }
    last_bits_ = bits;
    if (bits == 0) {
      classes_.push_back(kSampleClassZero);
      return;
    }
    const unsigned stripped = static_cast<unsigned>(std::countr_zero(bits)) / 8;
    unsigned bytes = 8 - stripped;
    uint64_t stored = bits >> (8 * stripped);
    uint8_t class_base = kSampleClassDouble;
    if (value > -kIntegerMax && value < kIntegerMax) {
      const int64_t integer = static_cast<int64_t>(value);
      if (std::bit_cast<uint64_t>(static_cast<double>(integer)) == bits) {
        const uint64_t zigzag = ZigZag(integer);
        const unsigned integer_bytes = (static_cast<unsigned>(std::bit_width(zigzag)) + 7) / 8;
        if (integer_bytes < bytes) {
          bytes = integer_bytes;
          stored = zigzag;
          class_base = kSampleClassInteger;
        }
      }
    }
    // Eight bytes are always stored and the next value overwrites what was too much.
    std::memcpy(values_.data() + values_size_, &stored, sizeof(stored));
    values_size_ += bytes;
    classes_.push_back(static_cast<uint8_t>(class_base + bytes));
  }

  static constexpr double kIntegerMax = 1LL << 47;  // zig-zag in six bytes

  RecordDefinitionsWriter definitions_;
  uint64_t series_count_ = 0;
  uint64_t last_ref_ = 0;
  std::string refs_;
  size_t series_begin_ = 0;
  bool all_counts_one_ = true;
  std::vector<uint64_t> counts_;
  uint64_t last_timestamp_ = 0;
  uint64_t run_delta_ = 0;
  uint64_t run_length_ = 0;
  std::string timestamps_;
  uint64_t last_bits_ = 0;
  std::vector<uint8_t> classes_;
  size_t value_room_ = 0;  // samples for which values_ has room
  std::string values_;
  size_t values_size_ = 0;
};

class SampleRecordDecoder {
 public:
  // timestamps()[begin, end) and values()[begin, end) are the samples of one series.
  struct Series {
    uint64_t ref = 0;
    uint32_t begin = 0;
    uint32_t end = 0;
  };

  // The results point into `payload` and this decoder, and are valid until the next Decode.
  absl::Status Decode(std::string_view payload);

  std::span<const RefDefinition> definitions() const { return definitions_; }
  std::span<const Series> series() const { return series_; }
  std::span<const int64_t> timestamps_ms() const { return timestamps_ms_; }
  std::span<const double> values() const { return values_; }

 private:
  absl::Status DecodeTimestamps(std::string_view runs);
  absl::Status DecodeValues(std::string_view classes, std::string_view bytes);

  std::vector<RefDefinition> definitions_;
  std::vector<Series> series_;
  std::vector<int64_t> timestamps_ms_;
  std::vector<double> values_;
};

}  // namespace varve::storage

#endif  // STORAGE_WAL_SAMPLE_RECORD_H_
