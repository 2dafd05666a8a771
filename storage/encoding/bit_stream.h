// BitWriter and BitReader: fields of 0 to 64 bits, lowest bit first, without padding between them.
//
// Threads:  thread-compatible.
// Owns:     nothing; the string and the bytes outlive writer and reader.
// Errors:   the reader hands out zero bits behind the end; ok() says whether that happened.
// Format:   storage/docs/encoding_format.md, section 1
#ifndef STORAGE_ENCODING_BIT_STREAM_H_
#define STORAGE_ENCODING_BIT_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace varve::storage {

inline constexpr uint64_t LowBits(unsigned width) {
  return width >= 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
}

class BitWriter {
 public:
  // Appends behind what *out holds. Nothing is complete before Finish.
  explicit BitWriter(std::string* out) : out_(out) {}

  // The low `width` bits of `value`; the bits above must be zero.
  void Write(uint64_t value, unsigned width) {
    buffer_ |= value << filled_;
    if (filled_ + width < 64) {
      filled_ += width;
      return;
    }
    char bytes[sizeof(buffer_)];
    std::memcpy(bytes, &buffer_, sizeof(buffer_));
    out_->append(bytes, sizeof(bytes));
    const unsigned taken = 64 - filled_;
    buffer_ = taken < 64 ? value >> taken : 0;
    filled_ = filled_ + width - 64;
  }

  // Writes the bits of the last, partly filled bytes.
  void Finish() {
    char bytes[sizeof(buffer_)];
    std::memcpy(bytes, &buffer_, sizeof(buffer_));
    out_->append(bytes, (filled_ + 7) / 8);
    buffer_ = 0;
    filled_ = 0;
  }

 private:
  std::string* out_;
  uint64_t buffer_ = 0;
  unsigned filled_ = 0;  // 0..63
};

class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}

  // The next 64 bits without moving on; at least 57 of them are valid.
  uint64_t Peek() const {
    const size_t byte = position_ >> 3;
    return LoadWord(byte) >> (position_ & 7);
  }
  void Skip(unsigned width) { position_ += width; }

  uint64_t Read(unsigned width) {
    uint64_t value = Peek();
    const unsigned shift = position_ & 7;
    if (width + shift > 64) [[unlikely]] {
      value |= LoadWord((position_ >> 3) + 8) << (64 - shift);
    }
    position_ += width;
    return value & LowBits(width);
  }

  // False once more bits were taken than there are.
  bool ok() const { return position_ <= bytes_.size() * 8; }
  size_t position() const { return position_; }
  size_t bytes_used() const { return (position_ + 7) / 8; }

 private:
  uint64_t LoadWord(size_t byte) const {
    uint64_t word = 0;
    if (byte + sizeof(word) <= bytes_.size()) [[likely]] {
      std::memcpy(&word, bytes_.data() + byte, sizeof(word));
    } else if (byte < bytes_.size()) {
      std::memcpy(&word, bytes_.data() + byte, bytes_.size() - byte);
    }
    return word;
  }

  std::string_view bytes_;
  size_t position_ = 0;  // in bits
};

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_BIT_STREAM_H_
