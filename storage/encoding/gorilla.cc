#include "storage/encoding/gorilla.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>

#include "storage/encoding/bit_stream.h"
#include "storage/encoding/varint.h"
#include "storage/model/sample.h"
#include "storage/model/text.h"

namespace varve::storage {
namespace {

// Control codes, lowest bit first. The step is the difference between neighbouring timestamps.
//   0                         step and value as before
//   1 0                       step as before, value changed
//   1 1 0      v  7 bits      step changed by -64..63;     v says whether the value changed
//   1 1 1 0    v 13 bits      step changed by -4096..4095
//   1 1 1 1 0  v 20 bits      step changed by -524288..524287
//   1 1 1 1 1  v 64 bits      any change
constexpr unsigned kStepWidths[] = {7, 13, 20, 64};
constexpr unsigned kStepCodeBits[] = {3, 4, 5, 5};
constexpr uint64_t kStepCodes[] = {0b011, 0b0111, 0b01111, 0b11111};

// A changed value is its XOR with the one before:
//   0  bits              in the window of the last one
//   1  shift width-1 bits  a new window: 6 bits trailing zeros, 6 bits width - 1
// A window whose shift and width exceed 64 bits cannot be; the largest one means the stale marker.
constexpr unsigned kWindowFieldBits = 6;
constexpr unsigned kWindowHeaderBits = 1 + 2 * kWindowFieldBits;
constexpr uint64_t kStaleWindow = LowBits(2 * kWindowFieldBits);

constexpr bool FitsSigned(uint64_t value, unsigned width) {
  const uint64_t half = uint64_t{1} << (width - 1);
  return value + half < 2 * half;
}
constexpr uint64_t SignExtend(uint64_t value, unsigned width) {
  const unsigned unused = 64 - width;
  return static_cast<uint64_t>(static_cast<int64_t>(value << unused) >> unused);
}

// The state both directions of the value code share.
struct Window {
  unsigned shift = 0;
  unsigned width = 0;
};

// True to write a change in the last window: while it fits and wastes less than a new header.
inline bool KeepsWindow(const Window& window, unsigned shift, unsigned width) {
  return window.width != 0 && shift >= window.shift &&
         shift + width <= window.shift + window.width && window.width < width + kWindowHeaderBits;
}

// Takes one changed value off the stream; false when its window cannot be.
inline bool ReadValueChange(BitReader* reader, Window* window, uint64_t* value_bits) {
  uint64_t word = reader->Peek();
  unsigned used = 1;
  if ((word & 1) != 0) {
    const unsigned shift = static_cast<unsigned>(word >> 1) & LowBits(kWindowFieldBits);
    const unsigned width =
        (static_cast<unsigned>(word >> (1 + kWindowFieldBits)) & LowBits(kWindowFieldBits)) + 1;
    used = kWindowHeaderBits;
    if (shift + width > 64) [[unlikely]] {
      reader->Skip(used);
      *value_bits = kStaleMarkerBits;
      return ((word >> 1) & kStaleWindow) == kStaleWindow;
    }
    *window = {shift, width};
  }
  uint64_t bits;
  if (used + window->width <= 57) {
    bits = (word >> used) & LowBits(window->width);
    reader->Skip(used + window->width);
  } else {
    reader->Skip(used);
    bits = reader->Read(window->width);
  }
  *value_bits ^= bits << window->shift;
  return true;
}

absl::Status Damaged(const char* what, size_t index, size_t count, size_t bytes) {
  return absl::DataLossError(StrCat("cannot decode gorilla chunk: ", what, " at sample ", index,
                                    " of ", count, " in ", bytes, " bytes"));
}

}  // namespace

// The bits of one sample, gathered before they are stored: at most 80 + 1 + 12 + 64 of them.
struct GorillaEncoder::Code {
  uint64_t words[4] = {0, 0, 0, 0};
  unsigned bits = 0;

  void Add(uint64_t value, unsigned width) {
    const unsigned word = bits >> 6;
    const unsigned shift = bits & 63;
    words[word] |= value << shift;
    if (shift + width > 64) words[word + 1] = value >> (64 - shift);
    bits += width;
  }
};

GorillaEncoder::~GorillaEncoder() { std::free(buffer_); }

void GorillaEncoder::Swap(GorillaEncoder& other) noexcept {
  std::swap(buffer_, other.buffer_);
  std::swap(last_timestamp_ms_, other.last_timestamp_ms_);
  std::swap(last_step_ms_, other.last_step_ms_);
  std::swap(last_value_bits_, other.last_value_bits_);
  std::swap(bit_count_, other.bit_count_);
  std::swap(capacity_bytes_, other.capacity_bytes_);
  std::swap(count_, other.count_);
  std::swap(window_shift_, other.window_shift_);
  std::swap(window_width_, other.window_width_);
}

void GorillaEncoder::Append(int64_t timestamp_ms, double value) {
  assert(count_ < kSampleCountMax);
  const uint64_t value_bits = std::bit_cast<uint64_t>(value);
  const uint64_t changed_bits = value_bits ^ last_value_bits_;
  Code code;
  if (count_ == 0) {
    char varint[kVarintBytesMax];
    const size_t bytes = WriteVarint(ZigZag(timestamp_ms), varint);
    for (size_t i = 0; i < bytes; ++i) code.Add(static_cast<uint8_t>(varint[i]), 8);
    code.Add(changed_bits != 0, 1);
  } else {
    const uint64_t step =
        static_cast<uint64_t>(timestamp_ms) - static_cast<uint64_t>(last_timestamp_ms_);
    AppendTimestampStep(step - last_step_ms_, changed_bits != 0, &code);
    last_step_ms_ = step;
  }
  if (changed_bits != 0) AppendValueChange(changed_bits, &code);
  Store(code);
  last_timestamp_ms_ = timestamp_ms;
  last_value_bits_ = value_bits;
  ++count_;
}

void GorillaEncoder::AppendTimestampStep(uint64_t step_change, bool value_changed, Code* code) {
  if (step_change == 0) {
    code->Add(value_changed, value_changed ? 2 : 1);
    return;
  }
  unsigned size = 0;
  while (size < 3 && !FitsSigned(step_change, kStepWidths[size])) ++size;
  code->Add(kStepCodes[size], kStepCodeBits[size]);
  code->Add(value_changed, 1);
  code->Add(step_change & LowBits(kStepWidths[size]), kStepWidths[size]);
}

void GorillaEncoder::AppendValueChange(uint64_t changed_bits, Code* code) {
  if ((last_value_bits_ ^ changed_bits) == kStaleMarkerBits) {
    code->Add(1 | kStaleWindow << 1, kWindowHeaderBits);
    return;
  }
  const unsigned shift = static_cast<unsigned>(std::countr_zero(changed_bits));
  const unsigned width = static_cast<unsigned>(std::bit_width(changed_bits)) - shift;
  if (KeepsWindow({window_shift_, window_width_}, shift, width)) {
    code->Add(0, 1);
  } else {
    code->Add(1 | shift << 1 | static_cast<uint64_t>(width - 1) << (1 + kWindowFieldBits),
              kWindowHeaderBits);
    window_shift_ = static_cast<uint8_t>(shift);
    window_width_ = static_cast<uint8_t>(width);
  }
  code->Add(changed_bits >> window_shift_, window_width_);
}

void GorillaEncoder::Store(const Code& code) {
  const unsigned shift = bit_count_ & 7;
  const size_t byte = bit_count_ / 8;
  const size_t bytes = (shift + code.bits + 7) / 8;
  if (byte + bytes > capacity_bytes_) Grow(byte + bytes);
  char* to = buffer_ + byte;
  const uint64_t begun = shift == 0 ? 0 : static_cast<uint8_t>(*to);
  uint64_t words[4];
  words[0] = code.words[0] << shift | begun;
  for (int i = 1; i < 4; ++i) {
    words[i] = code.words[i] << shift | (shift == 0 ? 0 : code.words[i - 1] >> (64 - shift));
  }
  std::memcpy(to, words, bytes);
  bit_count_ += code.bits;
}

void GorillaEncoder::Grow(size_t bytes_wanted) {
  // The size classes of jemalloc: 16 bytes apart to 128, then four steps to each doubling.
  size_t capacity_bytes = capacity_bytes_;
  while (capacity_bytes < bytes_wanted) {
    capacity_bytes += std::max<size_t>(16, std::bit_floor(capacity_bytes) / 4);
  }
  void* grown = std::realloc(buffer_, capacity_bytes);
  if (grown == nullptr) throw std::bad_alloc();
  buffer_ = static_cast<char*>(grown);
  capacity_bytes_ = static_cast<uint32_t>(capacity_bytes);
}

int64_t GorillaEncoder::first_timestamp_ms() const {
  uint64_t read = 0;
  const std::string_view stream = bytes();
  ReadVarint(stream.data(), stream.data() + stream.size(), &read);
  return UnZigZag(read);
}

std::string GorillaEncoder::Seal() {
  std::string sealed(bytes());
  *this = GorillaEncoder();
  return sealed;
}

void GorillaEncoder::Clear() {
  GorillaEncoder fresh;
  std::swap(fresh.buffer_, buffer_);
  std::swap(fresh.capacity_bytes_, capacity_bytes_);
  Swap(fresh);
}

absl::Status DecodeGorilla(std::string_view bytes, size_t count, int64_t* timestamps_ms,
                           double* values) {
  if (count == 0) return absl::OkStatus();
  uint64_t first = 0;
  const size_t first_bytes = ReadVarint(bytes.data(), bytes.data() + bytes.size(), &first);
  if (first_bytes == 0) return Damaged("no timestamp", 0, count, bytes.size());
  BitReader reader(bytes.substr(first_bytes));
  uint64_t timestamp = static_cast<uint64_t>(UnZigZag(first));
  uint64_t step = 0;
  uint64_t value_bits = 0;
  Window window;
  if (reader.Read(1) != 0 && !ReadValueChange(&reader, &window, &value_bits)) {
    return Damaged("bad window", 0, count, bytes.size());
  }
  timestamps_ms[0] = static_cast<int64_t>(timestamp);
  values[0] = std::bit_cast<double>(value_bits);
  for (size_t i = 1; i < count;) {
    const uint64_t word = reader.Peek();
    const unsigned ones = static_cast<unsigned>(std::countr_one(word & LowBits(5)));
    if (ones == 0) {  // a run of samples that go on as before
      const unsigned zeros = std::min(56, std::countr_zero(word));
      const size_t run = std::min<size_t>(zeros, count - i);
      const double value = std::bit_cast<double>(value_bits);
      for (size_t end = i + run; i < end; ++i) {
        timestamp += step;
        timestamps_ms[i] = static_cast<int64_t>(timestamp);
        values[i] = value;
      }
      reader.Skip(static_cast<unsigned>(run));
      continue;
    }
    bool value_changed = true;
    if (ones == 1) {
      reader.Skip(2);
    } else {
      const unsigned size = ones - 2;
      const unsigned width = kStepWidths[size];
      reader.Skip(kStepCodeBits[size]);
      value_changed = reader.Read(1) != 0;
      step += SignExtend(reader.Read(width), width);
    }
    if (value_changed && !ReadValueChange(&reader, &window, &value_bits)) {
      return Damaged("bad window", i, count, bytes.size());
    }
    timestamp += step;
    timestamps_ms[i] = static_cast<int64_t>(timestamp);
    values[i] = std::bit_cast<double>(value_bits);
    ++i;
  }
  if (!reader.ok()) return Damaged("cut off", count, count, bytes.size());
  return absl::OkStatus();
}

void EncodeGorillaValues(std::span<const double> values, std::string* out) {
  BitWriter writer(out);
  uint64_t last_bits = 0;
  Window window;
  for (const double value : values) {
    const uint64_t value_bits = std::bit_cast<uint64_t>(value);
    const uint64_t changed_bits = value_bits ^ last_bits;
    last_bits = value_bits;
    writer.Write(changed_bits != 0, 1);
    if (changed_bits == 0) continue;
    if (value_bits == kStaleMarkerBits) {
      writer.Write(1 | kStaleWindow << 1, kWindowHeaderBits);
      continue;
    }
    const unsigned shift = static_cast<unsigned>(std::countr_zero(changed_bits));
    const unsigned width = static_cast<unsigned>(std::bit_width(changed_bits)) - shift;
    if (KeepsWindow(window, shift, width)) {
      writer.Write(0, 1);
    } else {
      writer.Write(1 | shift << 1 | static_cast<uint64_t>(width - 1) << (1 + kWindowFieldBits),
                   kWindowHeaderBits);
      window = {shift, width};
    }
    writer.Write(changed_bits >> window.shift, window.width);
  }
  writer.Finish();
}

absl::Status DecodeGorillaValues(std::string_view bytes, size_t count, double* values) {
  BitReader reader(bytes);
  uint64_t value_bits = 0;
  Window window;
  for (size_t i = 0; i < count; ++i) {
    if (reader.Read(1) != 0 && !ReadValueChange(&reader, &window, &value_bits)) {
      return Damaged("bad window", i, count, bytes.size());
    }
    values[i] = std::bit_cast<double>(value_bits);
  }
  if (!reader.ok()) return Damaged("cut off", count, count, bytes.size());
  return absl::OkStatus();
}

}  // namespace varve::storage
