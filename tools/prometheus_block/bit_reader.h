// BlockBitReader: fields of bits as Prometheus's chunks have them, highest bit first, and the
// variable-width numbers made of them.
//
// Threads:  one-thread.
// Owns:     nothing; the bytes outlive it.
// Errors:   behind the end all bits are zero, and ok() is false from then on.
// Source:   Prometheus, "Chunks Disk Format".
#ifndef TOOLS_PROMETHEUS_BLOCK_BIT_READER_H_
#define TOOLS_PROMETHEUS_BLOCK_BIT_READER_H_

#include <bit>
#include <cstdint>
#include <string_view>

namespace varve::tools {

class BlockBitReader {
 public:
  explicit BlockBitReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  size_t bits_left() const { return bytes_.size() * 8 - position_; }

  bool ReadBit() { return ReadBits(1) != 0; }
  // `width` from 0 to 64.
  uint64_t ReadBits(unsigned width) {
    if (bits_left() < width) {
      ok_ = false;
      position_ = bytes_.size() * 8;
      return 0;
    }
    uint64_t value = 0;
    while (width > 0) {
      const unsigned in_byte = 8 - static_cast<unsigned>(position_ % 8);
      const unsigned take = width < in_byte ? width : in_byte;
      const auto byte = static_cast<uint8_t>(bytes_[position_ / 8]);
      const unsigned shifted = byte >> (in_byte - take);
      value = value << take | (shifted & ((1u << take) - 1));
      position_ += take;
      width -= take;
    }
    return value;
  }
  double ReadDouble() { return std::bit_cast<double>(ReadBits(64)); }

  // Two's complement of `width` bits, in which the greatest number is 2^(width-1) and not one less.
  int64_t ReadSigned(unsigned width) {
    if (width == 0) return 0;
    uint64_t bits = ReadBits(width);
    if (width < 64 && bits > uint64_t{1} << (width - 1)) bits -= uint64_t{1} << width;
    return static_cast<int64_t>(bits);
  }

  // Numbers of seven bits a byte, lowest first; signed ones in zig-zag.
  uint64_t ReadVarint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const uint64_t byte = ReadBits(8);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  int64_t ReadZigZag() {
    const uint64_t value = ReadVarint();
    return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }

  // <varbit_int> and <varbit_uint>: a prefix of ones says how wide the number is.
  int64_t ReadVarbitInt() { return ReadSigned(VarbitWidth()); }
  uint64_t ReadVarbitUint() { return ReadBits(VarbitWidth()); }

 private:
  unsigned VarbitWidth() {
    constexpr unsigned kWidths[] = {0, 3, 6, 9, 12, 18, 25, 56, 64};
    unsigned ones = 0;
    while (ones < 8 && ReadBit()) ++ones;
    return kWidths[ones];
  }

  std::string_view bytes_;
  size_t position_ = 0;  // in bits
  bool ok_ = true;
};

// <varbit_xor>: a float as its difference from the one before.
class XorFloat {
 public:
  explicit XorFloat(double first = 0) : bits_(std::bit_cast<uint64_t>(first)) {}

  double value() const { return std::bit_cast<double>(bits_); }
  void Next(BlockBitReader* reader) {
    if (!reader->ReadBit()) return;
    if (reader->ReadBit()) {
      leading_ = static_cast<unsigned>(reader->ReadBits(5));
      unsigned width = static_cast<unsigned>(reader->ReadBits(6));
      if (width == 0) width = 64;
      trailing_ = leading_ + width > 64 ? 0 : 64 - leading_ - width;
    }
    bits_ ^= reader->ReadBits(64 - leading_ - trailing_) << trailing_;
  }

 private:
  uint64_t bits_;
  unsigned leading_ = 0;
  unsigned trailing_ = 0;
};

}  // namespace varve::tools

#endif  // TOOLS_PROMETHEUS_BLOCK_BIT_READER_H_
