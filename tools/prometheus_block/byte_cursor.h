// BlockByteCursor: takes numbers and texts off the front of bytes of a Prometheus block.
//
// Threads:  one-thread.
// Owns:     nothing.
// Errors:   behind the end everything is zero or empty, and ok() is false from then on.
#ifndef TOOLS_PROMETHEUS_BLOCK_BYTE_CURSOR_H_
#define TOOLS_PROMETHEUS_BLOCK_BYTE_CURSOR_H_

#include <cstdint>
#include <string_view>

#include "storage/encoding/varint.h"

namespace varve::tools {

class BlockByteCursor {
 public:
  explicit BlockByteCursor(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty(); }
  size_t size() const { return rest_.size(); }

  uint64_t TakeBigEndian(size_t bytes) {
    uint64_t value = 0;
    for (const char c : TakeBytes(bytes)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }
  uint64_t TakeVarint() {
    uint64_t value = 0;
    const size_t bytes = storage::ReadVarint(rest_.data(), rest_.data() + rest_.size(), &value);
    if (bytes == 0) return Fail();
    rest_.remove_prefix(bytes);
    return value;
  }
  int64_t TakeZigZag() { return storage::UnZigZag(TakeVarint()); }
  std::string_view TakeBytes(uint64_t size) {
    if (size > rest_.size()) {
      Fail();
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

 private:
  uint64_t Fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace varve::tools

#endif  // TOOLS_PROMETHEUS_BLOCK_BYTE_CURSOR_H_
