#include "storage/logs/log_columns.h"

#include "storage/encoding/byte_writer.h"
#include "storage/encoding/integer_codec.h"
#include "storage/encoding/lz4_codec.h"
#include "storage/encoding/timestamp_codec.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::Status Malformed(std::string_view what) {
  return absl::DataLossError(StrCat("cannot decode log column: ", what));
}

absl::Status TakeSized(ByteReader* reader, std::string_view* bytes) {
  return reader->SizedBytes(bytes) ? absl::OkStatus() : Malformed("cut off");
}

absl::Status ExpectEmpty(std::string_view rest) {
  return rest.empty() ? absl::OkStatus()
                      : Malformed(StrCat(rest.size(), " bytes behind the values, want 0"));
}

}  // namespace

void AppendTimestampColumn(std::span<const int64_t> timestamps, std::string* out) {
  std::string encoded;
  EncodeTimestamps(timestamps, &encoded);
  ByteWriter(out).SizedBytes(encoded);
}

void AppendIntegerColumn(std::span<const int64_t> values, std::string* out) {
  std::string encoded;
  EncodeIntegers(values, &encoded);
  ByteWriter(out).SizedBytes(encoded);
}

void AppendIntegerColumn(std::span<const uint32_t> values, std::string* out) {
  const std::vector<int64_t> wide(values.begin(), values.end());
  AppendIntegerColumn(wide, out);
}

absl::Status ReadTimestampColumn(ByteReader* reader, size_t count,
                                 std::vector<int64_t>* timestamps) {
  std::string_view bytes;
  VARVE_RETURN_IF_ERROR(TakeSized(reader, &bytes));
  VARVE_RETURN_IF_ERROR(DecodeTimestamps(&bytes, count, timestamps));
  return ExpectEmpty(bytes);
}

absl::Status ReadIntegerColumn(ByteReader* reader, size_t count, std::vector<int64_t>* values) {
  std::string_view bytes;
  VARVE_RETURN_IF_ERROR(TakeSized(reader, &bytes));
  values->resize(count);
  VARVE_RETURN_IF_ERROR(DecodeIntegers(&bytes, count, values->data()));
  return ExpectEmpty(bytes);
}

absl::Status ReadUnsignedColumn(ByteReader* reader, size_t count, uint32_t value_max,
                                std::vector<uint32_t>* values) {
  std::vector<int64_t> wide;
  VARVE_RETURN_IF_ERROR(ReadIntegerColumn(reader, count, &wide));
  values->resize(count);
  uint64_t largest = 0;
  for (size_t i = 0; i < count; ++i) {
    largest |= static_cast<uint64_t>(wide[i]) > value_max ? UINT64_MAX : 0;
    (*values)[i] = static_cast<uint32_t>(wide[i]);
  }
  return largest == 0 ? absl::OkStatus() : Malformed(StrCat("a value above ", value_max));
}

void AppendTextColumn(std::string_view text, TextEffort effort, std::string* out) {
  std::string compressed;
  if (effort == TextEffort::kHigh) {
    Lz4CompressHigh(text, &compressed);
  } else {
    Lz4Compress(text, &compressed);
  }
  const bool smaller = compressed.size() < text.size();
  ByteWriter writer(out);
  writer.U8(static_cast<uint8_t>(smaller ? TextEncoding::kLz4 : TextEncoding::kRaw));
  writer.Varint(text.size());
  writer.SizedBytes(smaller ? std::string_view(compressed) : text);
}

absl::Status ReadTextColumn(ByteReader* reader, TextColumn* column) {
  uint8_t encoding = 0;
  uint64_t raw_bytes = 0;
  if (!reader->U8(&encoding) || !reader->VarintUpTo(kLz4RawBytesMax, &raw_bytes) ||
      !reader->SizedBytes(&column->stored)) {
    return Malformed("text cut off or too long");
  }
  if (encoding > static_cast<uint8_t>(TextEncoding::kLz4)) {
    return Malformed(StrCat("text encoding ", int{encoding}, ", want 0 or 1"));
  }
  column->encoding = static_cast<TextEncoding>(encoding);
  column->raw_bytes = raw_bytes;
  if (column->encoding == TextEncoding::kRaw && column->stored.size() != raw_bytes) {
    return Malformed(StrCat(column->stored.size(), " bytes of text, want ", raw_bytes));
  }
  return absl::OkStatus();
}

absl::Status DecodeText(const TextColumn& column, std::string* scratch, std::string_view* text) {
  if (column.encoding == TextEncoding::kRaw) {
    *text = column.stored;
    return absl::OkStatus();
  }
  VARVE_RETURN_IF_ERROR(Lz4Decompress(column.stored, column.raw_bytes, scratch));
  *text = *scratch;
  return absl::OkStatus();
}

}  // namespace varve::storage
