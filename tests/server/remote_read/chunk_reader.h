// Reads Prometheus's chunks bit by bit, after their description and not after our writer.
//
// Threads:  one thread.
#ifndef TESTS_SERVER_REMOTE_READ_CHUNK_READER_H_
#define TESTS_SERVER_REMOTE_READ_CHUNK_READER_H_

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/model/histogram.h"
#include "storage/model/sample.h"

namespace varve::server {

class ChunkReader {
 public:
  explicit ChunkReader(std::string data) : data_(std::move(data)) {}

  bool at_end() const { return at_ > data_.size() * 8; }

  uint64_t Bits(int count) {
    uint64_t bits = 0;
    for (; count > 0; --count, ++at_) {
      const size_t byte = at_ / 8;
      const bool one = byte < data_.size() && (data_[byte] >> (7 - at_ % 8) & 1) != 0;
      bits = bits << 1 | (one ? 1u : 0u);
    }
    return bits;
  }
  double Float() { return std::bit_cast<double>(Bits(64)); }
  uint64_t Uvarint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const uint64_t byte = Bits(8);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  int64_t Varint() {
    const uint64_t value = Uvarint();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }
  // A field of `count` bits that holds (-2^(count-1), 2^(count-1)].
  int64_t SignedField(int count) {
    const uint64_t bits = Bits(count);
    if (count < 64 && bits > uint64_t{1} << (count - 1)) {
      return static_cast<int64_t>(bits - (uint64_t{1} << count));
    }
    return static_cast<int64_t>(bits);
  }
  int Ones(int most) {
    int ones = 0;
    while (ones < most && Bits(1) == 1) ++ones;
    return ones;
  }
  int64_t VarbitInt() {
    constexpr int kWidths[] = {0, 3, 6, 9, 12, 18, 25, 56, 64};
    const int ones = Ones(8);
    return ones == 0 ? 0 : SignedField(kWidths[ones]);
  }
  uint64_t VarbitUint() {
    constexpr int kWidths[] = {0, 3, 6, 9, 12, 18, 25, 56, 64};
    return Bits(kWidths[Ones(8)]);
  }

  // A float written relative to the one before it, with the window of its column.
  struct FloatColumn {
    double last = 0;
    int leading = 0;
    int significant = 0;
  };
  double Xor(FloatColumn* column) {
    if (Bits(1) == 1) {
      if (Bits(1) == 1) {
        column->leading = static_cast<int>(Bits(5));
        column->significant = static_cast<int>(Bits(6));
        if (column->significant == 0) column->significant = 64;
      }
      const int trailing = 64 - column->leading - column->significant;
      column->last = std::bit_cast<double>(std::bit_cast<uint64_t>(column->last) ^
                                           Bits(column->significant) << trailing);
    }
    return column->last;
  }

 private:
  std::string data_;
  size_t at_ = 0;
};

inline std::vector<storage::Sample> ReadXorChunk(const std::string& data) {
  ChunkReader reader(data);
  std::vector<storage::Sample> samples(reader.Bits(16));
  ChunkReader::FloatColumn column;
  int64_t delta = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    storage::Sample& sample = samples[i];
    if (i == 0) {
      sample.timestamp_ms = reader.Varint();
      sample.value = column.last = reader.Float();
      continue;
    }
    if (i == 1) {
      delta = static_cast<int64_t>(reader.Uvarint());
    } else {
      constexpr int kWidths[] = {0, 14, 17, 20, 64};
      const int ones = reader.Ones(4);
      if (ones > 0) delta += reader.SignedField(kWidths[ones]);
    }
    sample.timestamp_ms = samples[i - 1].timestamp_ms + delta;
    sample.value = reader.Xor(&column);
  }
  return samples;
}

}  // namespace varve::server

#endif  // TESTS_SERVER_REMOTE_READ_CHUNK_READER_H_
