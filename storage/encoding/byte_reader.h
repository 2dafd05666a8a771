// ByteReader reads little-endian fields from bytes that may be damaged, and never past their end.
//
// Threads:  thread-compatible.
// Owns:     nothing; the bytes outlive the reader and the views it hands out.
// Errors:   a read that does not fit returns false, leaves *value alone, and makes ok() false for
//           good: read all fields, then ask ok() once. Every later read fails as well.
// Format:   as written by ByteWriter
#ifndef STORAGE_ENCODING_BYTE_READER_H_
#define STORAGE_ENCODING_BYTE_READER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "storage/encoding/varint.h"

namespace varve::storage {

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool U8(uint8_t* value) { return Fixed(value); }
  [[nodiscard]] bool U16(uint16_t* value) { return Fixed(value); }
  [[nodiscard]] bool U32(uint32_t* value) { return Fixed(value); }
  [[nodiscard]] bool U64(uint64_t* value) { return Fixed(value); }
  [[nodiscard]] bool F64(double* value) { return Fixed(value); }

  [[nodiscard]] bool Varint(uint64_t* value) {
    const size_t bytes = ReadVarint(at_, end_, value);
    if (bytes == 0) return Fail();
    at_ += bytes;
    return true;
  }
  // A varint that is at most `value_max`: for counts and sizes that something is allocated from.
  [[nodiscard]] bool VarintUpTo(uint64_t value_max, uint64_t* value) {
    uint64_t read = 0;
    if (!Varint(&read)) return false;
    if (read > value_max) return Fail();
    *value = read;
    return true;
  }
  [[nodiscard]] bool ZigZag(int64_t* value) {
    uint64_t read = 0;
    if (!Varint(&read)) return false;
    *value = UnZigZag(read);
    return true;
  }
  [[nodiscard]] bool Bytes(size_t count, std::string_view* bytes) {
    if (count > remaining()) return Fail();
    *bytes = std::string_view(at_, count);
    at_ += count;
    return true;
  }
  // A varint length, then that many bytes.
  [[nodiscard]] bool SizedBytes(std::string_view* bytes) {
    uint64_t count = 0;
    return Varint(&count) && (count <= remaining() ? Bytes(count, bytes) : Fail());
  }
  [[nodiscard]] bool Skip(size_t count) {
    if (count > remaining()) return Fail();
    at_ += count;
    return true;
  }

  bool ok() const { return ok_; }
  // True when everything was read and nothing failed.
  bool AtEnd() const { return ok_ && at_ == end_; }
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  std::string_view rest() const { return {at_, remaining()}; }

 private:
  template <typename T>
  bool Fixed(T* value) {
    if (remaining() < sizeof(T)) return Fail();
    std::memcpy(value, at_, sizeof(T));
    at_ += sizeof(T);
    return true;
  }

  bool Fail() {
    ok_ = false;
    at_ = end_;  // so that every later read fails by its own bounds check
    return false;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_BYTE_READER_H_
