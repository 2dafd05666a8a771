// Writing of the few protobuf fields that remote-write 1.0 has.
//
// Threads:  thread-safe: free functions.
#ifndef BENCHMARKS_END_TO_END_PROTOBUF_WRITER_H_
#define BENCHMARKS_END_TO_END_PROTOBUF_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace varve::benchmarks {

inline void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

inline void AppendTag(uint32_t field, uint32_t wire_type, std::string* out) {
  AppendVarint(field << 3 | wire_type, out);
}

inline void AppendBytesField(uint32_t field, std::string_view bytes, std::string* out) {
  AppendTag(field, 2, out);
  AppendVarint(bytes.size(), out);
  out->append(bytes);
}

}  // namespace varve::benchmarks

#endif  // BENCHMARKS_END_TO_END_PROTOBUF_WRITER_H_
