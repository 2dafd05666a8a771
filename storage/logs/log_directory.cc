#include "storage/logs/log_directory.h"

#include <algorithm>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/logs/log_columns.h"
#include "storage/model/text.h"
#include "storage/part/part_format.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::Status Malformed(std::string_view what) {
  return absl::DataLossError(StrCat("cannot read log directory: ", what));
}

template <typename Item, typename Get>
void AppendColumn(const std::vector<Item>& items, Get get, std::string* out) {
  std::vector<int64_t> values;
  values.reserve(items.size());
  for (const Item& item : items) values.push_back(static_cast<int64_t>(get(item)));
  AppendIntegerColumn(values, out);
}

template <typename Item, typename Set>
absl::Status ReadColumn(ByteReader* reader, std::vector<Item>* items, Set set) {
  std::vector<int64_t> values;
  VARVE_RETURN_IF_ERROR(ReadIntegerColumn(reader, items->size(), &values));
  for (size_t i = 0; i < values.size(); ++i) set(&(*items)[i], values[i]);
  return absl::OkStatus();
}

template <typename Item, typename Set>
absl::Status ReadUnsigned(ByteReader* reader, std::vector<Item>* items, Set set) {
  std::vector<uint32_t> values;
  VARVE_RETURN_IF_ERROR(ReadUnsignedColumn(reader, items->size(), UINT32_MAX, &values));
  for (size_t i = 0; i < values.size(); ++i) set(&(*items)[i], values[i]);
  return absl::OkStatus();
}

using Block = LogDirectoryBlock;
using Run = LogDirectoryRun;

absl::Status ReadColumns(ByteReader* reader, LogDirectory* directory) {
  std::vector<Block>* blocks = &directory->blocks;
  std::vector<Run>* runs = &directory->runs;
  VARVE_RETURN_IF_ERROR(ReadUnsigned(reader, blocks, [](Block* b, uint32_t v) { b->bytes = v; }));
  VARVE_RETURN_IF_ERROR(
      ReadUnsigned(reader, blocks, [](Block* b, uint32_t v) { b->count_bytes = v; }));
  VARVE_RETURN_IF_ERROR(
      ReadUnsigned(reader, blocks, [](Block* b, uint32_t v) { b->filter_bytes = v; }));
  VARVE_RETURN_IF_ERROR(ReadUnsigned(reader, blocks, [](Block* b, uint32_t v) { b->runs = v; }));
  VARVE_RETURN_IF_ERROR(ReadUnsigned(reader, runs, [](Run* r, uint32_t v) { r->stream = v; }));
  VARVE_RETURN_IF_ERROR(ReadUnsigned(reader, runs, [](Run* r, uint32_t v) { r->run.entries = v; }));
  VARVE_RETURN_IF_ERROR(ReadColumn(reader, runs, [](Run* r, int64_t v) { r->run.min_ns = v; }));
  VARVE_RETURN_IF_ERROR(ReadColumn(reader, runs, [](Run* r, int64_t v) { r->run.max_ns = v; }));
  return ReadColumn(reader, runs,
                    [](Run* r, int64_t v) { r->run.raw_bytes = static_cast<uint64_t>(v); });
}

// Fills in what is not stored and checks that it fits.
absl::Status Derive(LogDirectory* directory, uint64_t data_bytes, uint64_t filter_bytes) {
  uint64_t data_offset = 0;
  uint64_t filter_offset = 0;
  size_t next_run = 0;
  for (size_t i = 0; i < directory->blocks.size(); ++i) {
    Block& block = directory->blocks[i];
    block.offset = data_offset;
    block.filter_offset = filter_offset;
    data_offset += uint64_t{block.bytes} + kPartBlockCrcBytes;
    filter_offset += block.filter_bytes;
    if (block.count_bytes > block.bytes) return Malformed(StrCat("sizes of block ", i));
    if (block.runs == 0 || block.runs > directory->runs.size() - next_run) {
      return Malformed(StrCat(block.runs, " runs in block ", i));
    }
    uint64_t rows = 0;
    for (uint32_t k = 0; k < block.runs; ++k) {
      Run& run = directory->runs[next_run++];
      run.block = static_cast<uint32_t>(i);
      run.first_row = static_cast<uint32_t>(rows);
      rows += run.run.entries;
      if (run.run.entries == 0 || rows > kLogBlockEntriesMax || run.run.min_ns > run.run.max_ns) {
        return Malformed(StrCat("run ", next_run - 1));
      }
    }
    block.entries = static_cast<uint32_t>(rows);
  }
  if (next_run != directory->runs.size()) return Malformed("runs behind the last block");
  if (data_offset != data_bytes || filter_offset != filter_bytes) {
    return Malformed(StrCat(data_offset, " bytes of blocks and ", filter_offset,
                            " of filters, want ", data_bytes, " and ", filter_bytes));
  }
  return absl::OkStatus();
}

}  // namespace

std::string LogDirectory::Encode() const {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kLogDirectoryVersion);
  writer.Varint(blocks.size());
  writer.Varint(runs.size());
  AppendColumn(
      blocks, [](const Block& b) { return b.bytes; }, &out);
  AppendColumn(
      blocks, [](const Block& b) { return b.count_bytes; }, &out);
  AppendColumn(
      blocks, [](const Block& b) { return b.filter_bytes; }, &out);
  AppendColumn(
      blocks, [](const Block& b) { return b.runs; }, &out);
  AppendColumn(
      runs, [](const Run& r) { return r.stream; }, &out);
  AppendColumn(
      runs, [](const Run& r) { return r.run.entries; }, &out);
  AppendColumn(
      runs, [](const Run& r) { return r.run.min_ns; }, &out);
  AppendColumn(
      runs, [](const Run& r) { return r.run.max_ns; }, &out);
  AppendColumn(
      runs, [](const Run& r) { return r.run.raw_bytes; }, &out);
  return out;
}

absl::StatusOr<LogDirectory> LogDirectory::Decode(std::string_view bytes, uint32_t stream_count,
                                                  uint64_t data_bytes, uint64_t filter_bytes) {
  ByteReader reader(bytes);
  uint8_t version = 0;
  if (!reader.U8(&version)) return Malformed("no version");
  if (version != kLogDirectoryVersion) {
    return absl::UnimplementedError(StrCat("cannot read log directory: version ", int{version},
                                           ", want ", int{kLogDirectoryVersion}));
  }
  uint64_t block_count = 0;
  uint64_t run_count = 0;
  // Every block has its checksum in the data section, which bounds what a damaged count allocates.
  if (!reader.VarintUpTo(data_bytes / kPartBlockCrcBytes, &block_count) ||
      !reader.VarintUpTo(std::min(kLogDirectoryRunsMax, block_count * kLogBlockEntriesMax),
                         &run_count)) {
    return Malformed("number of blocks or runs");
  }
  LogDirectory directory;
  directory.blocks.resize(block_count);
  directory.runs.resize(run_count);
  VARVE_RETURN_IF_ERROR(ReadColumns(&reader, &directory));
  if (!reader.AtEnd()) return Malformed("bytes behind the last column");
  VARVE_RETURN_IF_ERROR(Derive(&directory, data_bytes, filter_bytes));
  uint32_t previous = 0;
  for (const Run& run : directory.runs) {
    if (run.stream >= stream_count || run.stream < previous) {
      return Malformed(
          StrCat("stream ", run.stream, " behind ", previous, ", want less than ", stream_count));
    }
    previous = run.stream;
  }
  return directory;
}

std::span<const LogDirectoryRun> LogDirectory::RunsOf(uint32_t stream) const {
  const auto [first, last] =
      std::equal_range(runs.begin(), runs.end(), Run{.stream = stream, .run = {}},
                       [](const Run& a, const Run& b) { return a.stream < b.stream; });
  return {first, last};
}

}  // namespace varve::storage
