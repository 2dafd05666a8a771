// Gorilla: a bit stream of (timestamp, value) pairs that grows by one sample at a time.
//
// The open chunk of every series in the head is one GorillaEncoder, so that it is kept small: 48
// bytes and a buffer that grows by an eighth to a quarter. One control code says both how the
// timestamp's step changed and whether the value did; a sample that continues as before is one bit.
//
// Threads:  thread-compatible; to read an open chunk, copy bytes() and count() under the lock that
//           guards the encoder and decode the copy.
// Owns:     the encoder owns its buffer.
// Errors:   DATA_LOSS when the bytes end before `count` samples.
// Format:   storage/docs/encoding_format.md, section 3
#ifndef STORAGE_ENCODING_GORILLA_H_
#define STORAGE_ENCODING_GORILLA_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace varve::storage {

class GorillaEncoder {
 public:
  static constexpr size_t kSampleCountMax = UINT16_MAX;

  GorillaEncoder() = default;
  ~GorillaEncoder();
  GorillaEncoder(GorillaEncoder&& other) noexcept { Swap(other); }
  GorillaEncoder& operator=(GorillaEncoder&& other) noexcept {
    GorillaEncoder moved(std::move(other));
    Swap(moved);
    return *this;
  }
  GorillaEncoder(const GorillaEncoder&) = delete;
  GorillaEncoder& operator=(const GorillaEncoder&) = delete;

  // Any timestamp and any bit pattern is accepted, in any order. count() < kSampleCountMax.
  void Append(int64_t timestamp_ms, double value);

  size_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  // The stream so far; valid until the next call that is not const.
  std::string_view bytes() const { return {buffer_, (bit_count_ + 7) / 8}; }
  // The last sample's; meaningless while empty().
  int64_t last_timestamp_ms() const { return last_timestamp_ms_; }
  double last_value() const { return std::bit_cast<double>(last_value_bits_); }
  // The first sample's; 0 while empty().
  int64_t first_timestamp_ms() const;

  // Hands out the finished stream and starts anew with an empty chunk and no buffer.
  std::string Seal();
  // Starts anew and keeps the buffer for the next chunk.
  void Clear();

  // Brings the end of the buffer, where the next sample goes, into the cache.
  void PrefetchEnd() const { __builtin_prefetch(buffer_ + bit_count_ / 8, 1); }

  // What the buffer takes, for accounting.
  size_t capacity_bytes() const { return capacity_bytes_; }

 private:
  struct Code;

  void Swap(GorillaEncoder& other) noexcept;
  void AppendTimestampStep(uint64_t step_change, bool value_changed, Code* code);
  void AppendValueChange(uint64_t changed_bits, Code* code);
  void Store(const Code& code);
  void Grow(size_t bytes_wanted);

  char* buffer_ = nullptr;  // malloc'ed: realloc grows it in place where it can
  int64_t last_timestamp_ms_ = 0;
  uint64_t last_step_ms_ = 0;  // modulo 2^64, as all timestamp arithmetic here
  uint64_t last_value_bits_ = 0;
  uint32_t bit_count_ = 0;
  uint32_t capacity_bytes_ = 0;
  uint16_t count_ = 0;
  // The bits of the last XOR that were written out: `window_width_` of them above `window_shift_`.
  uint8_t window_shift_ = 0;
  uint8_t window_width_ = 0;
};

static_assert(sizeof(GorillaEncoder) <= 48, "one lies in every series record");

// The first `count` samples of a stream, into arrays with room for them. Bytes behind are ignored.
absl::Status DecodeGorilla(std::string_view bytes, size_t count, int64_t* timestamps_ms,
                           double* values);

// The same code for values alone: what EncodeValues falls back to for full-precision floats.
void EncodeGorillaValues(std::span<const double> values, std::string* out);
absl::Status DecodeGorillaValues(std::string_view bytes, size_t count, double* values);

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_GORILLA_H_
