#include "storage/wal/entry_record.h"

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/encoding/lz4_codec.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr uint8_t kFormat = 1;
constexpr uint8_t kStored = 0;
constexpr uint8_t kLz4 = 1;
// LZ4 cannot do better than this, so that a damaged size never allocates without bound.
constexpr uint64_t kLz4RatioMax = 255;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(StrCat("cannot read entry record: damaged ", what));
}

}  // namespace

void EntryRecordEncoder::EndStream() {
  if (stream_count_ > 0) AppendVarint(entry_count_ - stream_begin_, &streams_);
  stream_begin_ = entry_count_;
}

void EntryRecordEncoder::Begin(uint64_t ref) {
  EndStream();
  AppendZigZag(static_cast<int64_t>(ref - last_ref_), &streams_);
  last_ref_ = ref;
  ++stream_count_;
}

void EntryRecordEncoder::Add(const Entry& entry) {
  const uint64_t timestamp = static_cast<uint64_t>(entry.timestamp_ns);
  AppendZigZag(static_cast<int64_t>(timestamp - last_timestamp_ns_), &timestamps_);
  last_timestamp_ns_ = timestamp;
  AppendVarint(entry.line.size(), &line_sizes_);
  lines_.append(entry.line);
  const std::string_view packed = entry.metadata.packed();
  AppendVarint(packed.size(), &metadata_sizes_);
  metadata_.append(packed);
  ++entry_count_;
}

void EntryRecordEncoder::Seal() {
  if (sealed_) return;
  sealed_ = true;
  EndStream();
  raw_.clear();
  ByteWriter writer(&raw_);
  writer.Varint(stream_count_);
  writer.Varint(entry_count_);
  writer.U8(metadata_.empty() ? 0 : 1);
  writer.Bytes(streams_);
  writer.Bytes(timestamps_);
  writer.Bytes(line_sizes_);
  if (!metadata_.empty()) writer.Bytes(metadata_sizes_);
  writer.Bytes(lines_);
  writer.Bytes(metadata_);
  block_.clear();
  if (raw_.size() <= kLz4RawBytesMax) Lz4Compress(raw_, &block_);
}

void EntryRecordEncoder::Finish(std::string* payload) {
  Seal();
  const bool stored = block_.empty() || block_.size() >= raw_.size();
  ByteWriter writer(payload);
  writer.U8(kFormat);
  definitions_.AppendTo(payload);
  writer.U8(stored ? kStored : kLz4);
  writer.Varint(raw_.size());
  writer.Bytes(stored ? raw_ : block_);
  Clear();
}

void EntryRecordEncoder::Clear() {
  definitions_.Clear();
  stream_count_ = 0;
  entry_count_ = 0;
  stream_begin_ = 0;
  last_ref_ = 0;
  last_timestamp_ns_ = 0;
  sealed_ = false;
  for (std::string* column : {&streams_, &timestamps_, &line_sizes_, &metadata_sizes_, &lines_,
                              &metadata_, &raw_, &block_}) {
    column->clear();
  }
}

absl::Status EntryRecordDecoder::Decode(std::string_view payload) {
  streams_.clear();
  entries_.clear();
  definitions_.clear();
  ByteReader reader(payload);
  uint8_t format = 0;
  if (!reader.U8(&format) || format != kFormat) return Damaged("format number");
  VARVE_RETURN_IF_ERROR(ReadRecordDefinitions(&reader, &definitions_));
  uint8_t codec = 0;
  uint64_t raw_bytes = 0;
  if (!reader.U8(&codec) || codec > kLz4 || !reader.VarintUpTo(kLz4RawBytesMax, &raw_bytes)) {
    return Damaged("block header");
  }
  if (codec == kStored) {
    return reader.remaining() == raw_bytes ? DecodeRaw(reader.rest()) : Damaged("block size");
  }
  if (raw_bytes > kLz4RatioMax * reader.remaining()) return Damaged("block size");
  VARVE_RETURN_IF_ERROR(Lz4Decompress(reader.rest(), raw_bytes, &raw_));
  return DecodeRaw(raw_);
}

absl::Status EntryRecordDecoder::DecodeRaw(std::string_view raw) {
  ByteReader reader(raw);
  uint64_t stream_count = 0;
  uint64_t entry_count = 0;
  uint8_t has_metadata = 0;
  // Streams and entries take two bytes each, at least.
  if (!reader.VarintUpTo(raw.size() / 2, &stream_count) ||
      !reader.VarintUpTo(raw.size() / 2, &entry_count) || !reader.U8(&has_metadata) ||
      has_metadata > 1) {
    return Damaged("counts");
  }
  streams_.reserve(stream_count);
  uint64_t ref = 0;
  uint64_t begin = 0;
  for (uint64_t i = 0; i < stream_count; ++i) {
    int64_t delta = 0;
    uint64_t count = 0;
    if (!reader.ZigZag(&delta) || !reader.VarintUpTo(entry_count - begin, &count)) {
      return Damaged("streams");
    }
    ref += static_cast<uint64_t>(delta);
    streams_.push_back({ref, static_cast<uint32_t>(begin), static_cast<uint32_t>(begin + count)});
    begin += count;
  }
  if (begin != entry_count) return Damaged("streams");
  entries_.resize(entry_count);
  uint64_t timestamp = 0;
  for (Entry& entry : entries_) {
    int64_t delta = 0;
    if (!reader.ZigZag(&delta)) return Damaged("timestamps");
    timestamp += static_cast<uint64_t>(delta);
    entry.timestamp_ns = static_cast<int64_t>(timestamp);
  }
  // Lines begin behind all the sizes: two readers walk side by side.
  ByteReader sizes = reader;
  ByteReader metadata_sizes = reader;
  uint64_t size = 0;
  for (uint64_t i = 0; i < entry_count; ++i) {
    if (!metadata_sizes.Varint(&size)) return Damaged("line sizes");
  }
  ByteReader bytes = metadata_sizes;
  for (uint64_t i = 0; has_metadata == 1 && i < entry_count; ++i) {
    if (!bytes.Varint(&size)) return Damaged("metadata sizes");
  }
  for (Entry& entry : entries_) {
    if (!sizes.Varint(&size) || !bytes.Bytes(size, &entry.line)) return Damaged("lines");
  }
  for (uint64_t i = 0; has_metadata == 1 && i < entry_count; ++i) {
    std::string_view packed;
    if (!metadata_sizes.Varint(&size) || !bytes.Bytes(size, &packed) ||
        !LabelSetView::IsValidPacked(packed)) {
      return Damaged("metadata");
    }
    entries_[i].metadata = LabelSetView(packed);
  }
  return bytes.AtEnd() ? absl::OkStatus() : Damaged("end");
}

}  // namespace varve::storage
