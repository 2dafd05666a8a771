// ProtobufWriter: appends the fields of a protobuf message to a string.
//
// Threads:  one-thread.
// Owns:     nothing; the string outlives it.
// Source:   protobuf documentation, "Encoding".
#ifndef TOOLS_TRANSFER_PROTOBUF_WRITER_H_
#define TOOLS_TRANSFER_PROTOBUF_WRITER_H_

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/encoding/varint.h"

namespace varve::tools {

class ProtobufWriter {
 public:
  explicit ProtobufWriter(std::string* out) : out_(out) {}

  void Varint(uint32_t field, uint64_t value) {
    storage::AppendVarint(field << 3 | 0, out_);
    storage::AppendVarint(value, out_);
  }
  void Signed(uint32_t field, int64_t value) { Varint(field, storage::ZigZag(value)); }  // sint
  void Double(uint32_t field, double value) {
    storage::AppendVarint(field << 3 | 1, out_);
    AppendFixed(value);
  }
  void Bytes(uint32_t field, std::string_view bytes) {
    storage::AppendVarint(field << 3 | 2, out_);
    storage::AppendVarint(bytes.size(), out_);
    *out_ += bytes;
  }

  // What a packed list of doubles consists of.
  void AppendFixed(double value) {
    uint64_t bits = std::bit_cast<uint64_t>(value);
    for (int i = 0; i < 8; ++i, bits >>= 8) out_->push_back(static_cast<char>(bits));
  }

 private:
  std::string* out_;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_PROTOBUF_WRITER_H_
