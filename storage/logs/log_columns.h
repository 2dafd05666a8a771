// The two column kinds that log blocks and the directory of log parts are made of: integers and
// text. Both carry their own length, so that columns can stand one behind the other.
//
// Threads:  free functions.
// Owns:     nothing.
// Errors:   DATA_LOSS for bytes that are no such column.
// Format:   storage/docs/log_part_format.md, section "Columns"
#ifndef STORAGE_LOGS_LOG_COLUMNS_H_
#define STORAGE_LOGS_LOG_COLUMNS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/encoding/byte_reader.h"

namespace varve::storage {

// A varint length, then the timestamps as timestamp_codec.h encodes them.
void AppendTimestampColumn(std::span<const int64_t> timestamps, std::string* out);
absl::Status ReadTimestampColumn(ByteReader* reader, size_t count,
                                 std::vector<int64_t>* timestamps);

// A varint length, then the values in the encoding of integer_codec.h that is the smallest.
void AppendIntegerColumn(std::span<const int64_t> values, std::string* out);
void AppendIntegerColumn(std::span<const uint32_t> values, std::string* out);

// Reads a column of exactly `count` values; replaces *values.
absl::Status ReadIntegerColumn(ByteReader* reader, size_t count, std::vector<int64_t>* values);
// The same of values that must lie in [0, value_max].
absl::Status ReadUnsignedColumn(ByteReader* reader, size_t count, uint32_t value_max,
                                std::vector<uint32_t>* values);

// How the bytes of a text column are stored. Numbers are never reused.
enum class TextEncoding : uint8_t { kRaw = 0, kLz4 = 1 };

// How hard to compress: a flush must be quick, a compaction small.
enum class TextEffort { kFast, kHigh };

// u8 TextEncoding, varint raw bytes, varint stored bytes, the bytes. LZ4 where it is smaller.
void AppendTextColumn(std::string_view text, TextEffort effort, std::string* out);
inline void AppendTextColumn(std::string_view text, std::string* out) {
  AppendTextColumn(text, TextEffort::kFast, out);
}

// A text column's place and size, before it is decompressed.
struct TextColumn {
  TextEncoding encoding = TextEncoding::kRaw;
  size_t raw_bytes = 0;
  std::string_view stored;
};
absl::Status ReadTextColumn(ByteReader* reader, TextColumn* column);
// The text: `stored` itself where it is raw, else decompressed into *scratch.
absl::Status DecodeText(const TextColumn& column, std::string* scratch, std::string_view* text);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_COLUMNS_H_
