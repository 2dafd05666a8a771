// ChunkBitWriter: the bit stream of Prometheus's chunks, most significant bit first, and the
// variable-length codes they share.
//
// Threads:  one thread.
// Owns:     its bytes.
// Source:   Prometheus, "Chunks Disk Format".
#ifndef SERVER_REMOTE_READ_CHUNK_BIT_WRITER_H_
#define SERVER_REMOTE_READ_CHUNK_BIT_WRITER_H_

#include <bit>
#include <cstdint>
#include <string>
#include <utility>

namespace varve::server {

// The window of significant bits a float was last written with; each column of floats has its own.
struct XorWindow {
  int leading = -1;  // none yet
  int trailing = 0;
};

class ChunkBitWriter {
 public:
  // The lowest `count` bits of `bits`, 0 to 64.
  void Bits(uint64_t bits, int count) {
    while (count > 0) {
      if (free_ == 0) {
        bytes_.push_back('\0');
        free_ = 8;
      }
      const int take = count < free_ ? count : free_;
      const uint64_t part = bits >> (count - take) & ((uint64_t{1} << take) - 1);
      bytes_.back() = static_cast<char>(static_cast<uint8_t>(bytes_.back()) |
                                        static_cast<uint8_t>(part << (free_ - take)));
      free_ -= take;
      count -= take;
    }
  }
  void Byte(uint8_t byte) { Bits(byte, 8); }
  void Float(double value) { Bits(std::bit_cast<uint64_t>(value), 64); }

  // Seven bits to a byte, as Go's encoding/binary writes them; they may begin within a byte.
  void Uvarint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) Byte(static_cast<uint8_t>(value | 0x80));
    Byte(static_cast<uint8_t>(value));
  }
  void Varint(int64_t value) {
    Uvarint(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
  }

  // <varbit_int> and <varbit_uint>: a prefix of ones says in how many bits the number stands.
  void VarbitInt(int64_t value);
  void VarbitUint(uint64_t value);
  // <varbit_xor>: a float relative to the one before it.
  void Xor(double value, double previous, XorWindow* window);

  size_t size() const { return bytes_.size(); }
  // Overwrites a byte that was written.
  void SetByte(size_t at, uint8_t byte) { bytes_[at] = static_cast<char>(byte); }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
  int free_ = 0;  // bits of the last byte that are not written
};

// Whether `value` fits the signed field of `bits` bits, which holds one more above zero than below.
inline bool FitsSignedField(int64_t value, int bits) {
  const int64_t half = int64_t{1} << (bits - 1);
  return value > -half && value <= half;
}

}  // namespace varve::server

#endif  // SERVER_REMOTE_READ_CHUNK_BIT_WRITER_H_
