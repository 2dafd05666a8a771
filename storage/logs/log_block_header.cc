#include "storage/logs/log_block_header.h"

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/io/crc32c.h"
#include "storage/model/text.h"

namespace varve::storage {
namespace {

constexpr std::string_view kGroupNames[kLogBlockGroups] = {"timestamps", "line lengths", "streams",
                                                           "metadata", "messages"};

void AppendSeedFields(const LogBlockHeader& header, std::string* out) {
  ByteWriter writer(out);
  writer.U8(kLogBlockVersion);
  writer.U8(static_cast<uint8_t>(header.encoding));
  writer.U16(0);
  writer.U32(header.entries);
  writer.U32(header.streams);
  writer.U32(header.message_bytes);
  writer.U64(static_cast<uint64_t>(header.min_ns));
  writer.U64(static_cast<uint64_t>(header.max_ns));
  for (const uint32_t length : header.lengths) writer.U32(length);
}

}  // namespace

void LogBlockHeader::AppendBlock(LogBlockHeader header,
                                 const std::array<std::string, kLogBlockGroups>& groups,
                                 std::string* out) {
  for (size_t i = 0; i < kLogBlockGroups; ++i) {
    header.lengths[i] = static_cast<uint32_t>(groups[i].size());
  }
  std::string fields;
  AppendSeedFields(header, &fields);
  const uint32_t seed = Crc32c(fields);
  ByteWriter writer(&fields);
  for (const std::string& group : groups) writer.U32(Crc32c(group, seed));
  writer.U32(Crc32c(fields));
  out->reserve(out->size() + kLogBlockHeaderBytes + header.block_bytes());
  out->append(fields);
  for (const std::string& group : groups) out->append(group);
}

absl::StatusOr<LogBlockHeader> LogBlockHeader::Parse(std::string_view bytes) {
  if (bytes.size() < kLogBlockHeaderBytes) {
    return absl::DataLossError(StrCat("cannot read log block: ", bytes.size(),
                                      " bytes, want a header of ", kLogBlockHeaderBytes));
  }
  bytes = bytes.substr(0, kLogBlockHeaderBytes);
  LogBlockHeader header;
  ByteReader reader(bytes);
  uint8_t version = 0;
  uint8_t encoding = 0;
  uint16_t zero = 0;
  uint64_t min_ns = 0;
  uint64_t max_ns = 0;
  uint32_t crc = 0;
  bool whole = reader.U8(&version) && reader.U8(&encoding) && reader.U16(&zero) &&
               reader.U32(&header.entries) && reader.U32(&header.streams) &&
               reader.U32(&header.message_bytes) && reader.U64(&min_ns) && reader.U64(&max_ns);
  for (uint32_t& length : header.lengths) whole = whole && reader.U32(&length);
  for (uint32_t& group_crc : header.crcs) whole = whole && reader.U32(&group_crc);
  whole = whole && reader.U32(&crc);
  const uint32_t want = Crc32c(bytes.substr(0, kLogBlockHeaderBytes - sizeof(crc)));
  if (!whole || crc != want) {
    return absl::DataLossError(
        StrCat("cannot read log block header: checksum ", crc, ", want ", want));
  }
  if (version != kLogBlockVersion) {
    return absl::UnimplementedError(
        StrCat("cannot read log block: version ", int{version}, ", want ", int{kLogBlockVersion}));
  }
  if (encoding == 0 || encoding > kMessageEncodingMax) {
    return absl::UnimplementedError(StrCat("cannot read log block: message encoding ",
                                           int{encoding}, ", want 1 to ",
                                           int{kMessageEncodingMax}));
  }
  header.encoding = static_cast<MessageEncoding>(encoding);
  header.min_ns = static_cast<int64_t>(min_ns);
  header.max_ns = static_cast<int64_t>(max_ns);
  if (zero != 0 || header.entries == 0 || header.entries > kLogBlockEntriesMax ||
      header.streams == 0 || header.streams > header.entries || header.min_ns > header.max_ns) {
    return absl::DataLossError(StrCat("cannot read log block header: ", header.entries,
                                      " entries of ", header.streams, " streams, want 1 to ",
                                      kLogBlockEntriesMax));
  }
  if (header.encoding == MessageEncoding::kTemplates &&
      header.message_bytes > kLogBlockRawBytesMax) {
    return absl::DataLossError(StrCat("cannot read log block header: ", header.message_bytes,
                                      " bytes of lines with templates, want at most ",
                                      kLogBlockRawBytesMax));
  }
  return header;
}

size_t LogBlockHeader::Offset(LogBlockGroup group) const {
  size_t offset = kLogBlockHeaderBytes;
  for (size_t i = 0; i < static_cast<size_t>(group); ++i) offset += lengths[i];
  return offset;
}

size_t LogBlockHeader::block_bytes() const {
  return Offset(LogBlockGroup::kMessages) + Length(LogBlockGroup::kMessages);
}

absl::Status LogBlockHeader::Verify(LogBlockGroup group, std::string_view bytes) const {
  const auto index = static_cast<size_t>(group);
  std::string fields;
  AppendSeedFields(*this, &fields);
  if (bytes.size() != lengths[index] || Crc32c(bytes, Crc32c(fields)) != crcs[index]) {
    return absl::DataLossError(
        StrCat("cannot read ", kGroupNames[index], " of log block: ", bytes.size(),
               " bytes with a wrong checksum, want ", lengths[index], " whole bytes"));
  }
  return absl::OkStatus();
}

}  // namespace varve::storage
