// ByteWriter appends little-endian fields to a string; ByteReader reads them back.
//
// Threads:  thread-compatible.
// Owns:     nothing; the string outlives the writer.
// Errors:   none.
// Format:   fixed integers little-endian, numbers as in storage/encoding/varint.h
#ifndef STORAGE_ENCODING_BYTE_WRITER_H_
#define STORAGE_ENCODING_BYTE_WRITER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "storage/encoding/varint.h"

namespace varve::storage {

static_assert(std::endian::native == std::endian::little, "fields are copied as they lie");

class ByteWriter {
 public:
  explicit ByteWriter(std::string* out) : out_(out) {}

  void U8(uint8_t value) { out_->push_back(static_cast<char>(value)); }
  void U16(uint16_t value) { Fixed(value); }
  void U32(uint32_t value) { Fixed(value); }
  void U64(uint64_t value) { Fixed(value); }
  void F64(double value) { Fixed(std::bit_cast<uint64_t>(value)); }
  void Varint(uint64_t value) { AppendVarint(value, out_); }
  void ZigZag(int64_t value) { AppendZigZag(value, out_); }
  void Bytes(std::string_view bytes) { out_->append(bytes); }
  // The length as a varint, then the bytes.
  void SizedBytes(std::string_view bytes) {
    Varint(bytes.size());
    Bytes(bytes);
  }

  size_t size() const { return out_->size(); }

 private:
  template <typename T>
  void Fixed(T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out_->append(bytes, sizeof(T));
  }

  std::string* out_;
};

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_BYTE_WRITER_H_
