// ProtobufWriter: appends the fields of a protobuf message to a string.
//
// A message within a message is written into a string of its own first, because its length stands
// in front of it.
//
// Threads:  one thread.
// Owns:     nothing; `out` outlives the writer.
// Source:   protobuf documentation, "Encoding".
#ifndef SERVER_REMOTE_READ_PROTOBUF_WRITER_H_
#define SERVER_REMOTE_READ_PROTOBUF_WRITER_H_

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace varve::server {

inline void AppendUvarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

inline uint64_t Zigzag(int64_t value) {
  return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}

inline void AppendFixed64(double value, std::string* out) {
  uint64_t bits = std::bit_cast<uint64_t>(value);
  for (int i = 0; i < 8; ++i, bits >>= 8) out->push_back(static_cast<char>(bits));
}

class ProtobufWriter {
 public:
  explicit ProtobufWriter(std::string* out) : out_(out) {}

  void Number(uint32_t field, uint64_t value) {
    AppendUvarint(uint64_t{field} << 3, out_);
    AppendUvarint(value, out_);
  }
  void Int64(uint32_t field, int64_t value) { Number(field, static_cast<uint64_t>(value)); }
  void Signed(uint32_t field, int64_t value) { Number(field, Zigzag(value)); }
  void Double(uint32_t field, double value) {
    AppendUvarint(uint64_t{field} << 3 | 1, out_);
    AppendFixed64(value, out_);
  }
  void Bytes(uint32_t field, std::string_view bytes) {
    BytesHead(field, bytes.size());
    out_->append(bytes);
  }
  // The caller appends the bytes.
  void BytesHead(uint32_t field, uint64_t size) {
    AppendUvarint(uint64_t{field} << 3 | 2, out_);
    AppendUvarint(size, out_);
  }

 private:
  std::string* out_;
};

}  // namespace varve::server

#endif  // SERVER_REMOTE_READ_PROTOBUF_WRITER_H_
