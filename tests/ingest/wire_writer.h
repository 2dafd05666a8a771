// Writes the protobuf messages of remote write by hand, so that the decoders are not tested against
// themselves.
#ifndef TESTS_INGEST_WIRE_WRITER_H_
#define TESTS_INGEST_WIRE_WRITER_H_

#include <snappy.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

namespace varve::ingest::wire {

inline std::string Varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
  return out;
}
inline std::string Field(uint32_t number, const std::string& bytes) {
  return Varint(number << 3 | 2) + Varint(bytes.size()) + bytes;
}
inline std::string Number(uint32_t number, int64_t value) {
  return Varint(number << 3) + Varint(static_cast<uint64_t>(value));
}
inline uint64_t Zigzag(int64_t value) {
  return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}
inline std::string Signed(uint32_t number, int64_t value) {
  return Varint(number << 3) + Varint(Zigzag(value));
}
inline std::string Fixed(double value) {
  std::string fixed(8, '\0');
  std::memcpy(fixed.data(), &value, 8);
  return fixed;
}
inline std::string Double(uint32_t number, double value) {
  return Varint(number << 3 | 1) + Fixed(value);
}
inline std::string PackedSigned(uint32_t number, std::initializer_list<int64_t> values) {
  std::string bytes;
  for (const int64_t value : values) bytes += Varint(Zigzag(value));
  return Field(number, bytes);
}
inline std::string PackedDoubles(uint32_t number, std::initializer_list<double> values) {
  std::string bytes;
  for (const double value : values) bytes += Fixed(value);
  return Field(number, bytes);
}
inline std::string PackedRefs(uint32_t number, std::initializer_list<uint64_t> refs) {
  std::string bytes;
  for (const uint64_t ref : refs) bytes += Varint(ref);
  return Field(number, bytes);
}
inline std::string Span(uint32_t number, int32_t offset, uint32_t length) {
  return Field(number, Signed(1, offset) + Number(2, length));
}
// A Label field of a TimeSeries or an Exemplar of 1.0.
inline std::string Label(const std::string& name, const std::string& value) {
  return Field(1, Field(1, name) + Field(2, value));
}
// A Sample field of both protocols.
inline std::string SampleField(double value, int64_t timestamp_ms) {
  return Field(2, Double(1, value) + Number(2, timestamp_ms));
}
inline std::string Snappy(const std::string& plain) {
  std::string out;
  snappy::Compress(plain.data(), plain.size(), &out);
  return out;
}

}  // namespace varve::ingest::wire

#endif  // TESTS_INGEST_WIRE_WRITER_H_
