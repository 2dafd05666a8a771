// ProtobufReader: walks the fields of one protobuf message without copying.
//
// The messages we take are few and hot (a remote-write request holds thousands of tiny ones), so
// the walk is written for them: varints of one byte go straight through, and nothing is allocated.
//
// Threads:  one-thread.
// Owns:     nothing; views point into the message.
// Errors:   ok() turns false on the first malformed byte, and Next then answers false.
// Source:   protobuf documentation, "Encoding".
#ifndef INGEST_PROTOBUF_READER_H_
#define INGEST_PROTOBUF_READER_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace varve::ingest {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// Reads one varint and steps behind it; false where it does not end or has more than 64 bits.
inline bool ReadVarint(const char** position, const char* end, uint64_t* value) {
  const char* at = *position;
  if (at != end && static_cast<uint8_t>(*at) < 0x80) {
    *value = static_cast<uint8_t>(*at);
    *position = at + 1;
    return true;
  }
  uint64_t result = 0;
  for (int shift = 0; shift < 64 && at != end; shift += 7) {
    const auto byte = static_cast<uint8_t>(*at++);
    if (shift == 63 && byte > 1) return false;
    result |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) {
      *value = result;
      *position = at;
      return true;
    }
  }
  return false;
}

// Walks the numbers of a packed repeated field; ok() as in ProtobufReader.
class PackedVarints {
 public:
  explicit PackedVarints(std::string_view bytes)
      : position_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool Next(uint64_t* value) {
    if (position_ == end_) return false;
    ok_ = ReadVarint(&position_, end_, value);
    if (!ok_) position_ = end_;
    return ok_;
  }
  bool ok() const { return ok_; }

 private:
  const char* position_;
  const char* end_;
  bool ok_ = true;
};

class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view message)
      : position_(message.data()), end_(message.data() + message.size()) {}

  // Steps to the next field and reads its value; false at the end or when the message is broken.
  bool Next() {
    if (position_ == end_) return false;
    field_begin_ = position_;
    uint64_t key = 0;
    if (!ReadVarint(&position_, end_, &key)) return Fail();
    field_ = static_cast<uint32_t>(key >> 3);
    wire_type_ = static_cast<WireType>(key & 7);
    if (field_ == 0 || key >> 32 != 0) return Fail();
    switch (wire_type_) {
      case WireType::kVarint:
        return ReadVarint(&position_, end_, &number_) || Fail();
      case WireType::kFixed64:
        return ReadFixed(8) || Fail();
      case WireType::kFixed32:
        return ReadFixed(4) || Fail();
      case WireType::kBytes: {
        uint64_t length = 0;
        if (!ReadVarint(&position_, end_, &length) ||
            length > static_cast<uint64_t>(end_ - position_))
          return Fail();
        bytes_ = {position_, static_cast<size_t>(length)};
        position_ += length;
        return true;
      }
    }
    return Fail();  // groups are not used by any message of ours
  }

  bool ok() const { return ok_; }
  uint32_t field() const { return field_; }
  WireType wire_type() const { return wire_type_; }
  // Whether the current field is number `field` with this wire type.
  bool Is(uint32_t field, WireType wire_type) const {
    return field_ == field && wire_type_ == wire_type;
  }

  // The value of the current field; which one is of meaning depends on its wire type.
  uint64_t number() const { return number_; }
  int64_t signed_number() const { return static_cast<int64_t>(number_); }
  double fixed_double() const { return std::bit_cast<double>(number_); }
  std::string_view bytes() const { return bytes_; }
  // The bytes of the whole current field, its key included, and where the next one begins.
  const char* field_begin() const { return field_begin_; }
  const char* field_end() const { return position_; }

 private:
  bool Fail() {
    ok_ = false;
    position_ = end_;
    return false;
  }

  bool ReadFixed(size_t size) {
    if (static_cast<size_t>(end_ - position_) < size) return false;
    number_ = 0;
    std::memcpy(&number_, position_, size);
    position_ += size;
    return true;
  }

  const char* position_;
  const char* end_;
  const char* field_begin_ = nullptr;
  uint64_t number_ = 0;
  std::string_view bytes_;
  uint32_t field_ = 0;
  WireType wire_type_ = WireType::kVarint;
  bool ok_ = true;
};

}  // namespace varve::ingest

#endif  // INGEST_PROTOBUF_READER_H_
