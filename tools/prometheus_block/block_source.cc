#include "tools/prometheus_block/block_source.h"

#include <algorithm>
#include <utility>

#include "storage/io/crc32c.h"
#include "storage/io/file_names.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/prometheus_block/byte_cursor.h"
#include "tools/prometheus_block/chunk_decoder.h"

namespace varve::tools {
namespace {

using storage::JoinPath;
using storage::StrCat;

constexpr std::string_view kIndexName = "index";
constexpr std::string_view kChunksName = "chunks";
constexpr std::string_view kTombstonesName = "tombstones";
constexpr uint64_t kSegmentMagic = 0x85bd40dd;
constexpr uint64_t kSegmentVersion = 1;
constexpr size_t kSegmentHeaderBytes = 8;
constexpr size_t kLengthBytesMax = 5;
constexpr size_t kEncodingBytes = 1;
constexpr size_t kChecksumBytes = 4;

bool IsBlock(storage::FileSystem* files, const std::string& path) {
  const auto index = files->FileExists(JoinPath(path, kIndexName));
  const auto chunks = files->FileExists(JoinPath(path, kChunksName));
  return index.ok() && *index && chunks.ok() && *chunks;
}

std::vector<std::string> BlocksOf(storage::FileSystem* files, const std::string& path) {
  if (IsBlock(files, path)) return {path};
  std::vector<std::string> blocks;
  const auto names = files->ListDirectory(path);
  if (!names.ok()) return blocks;
  for (const std::string& name : *names) {
    constexpr size_t kUlidLength = 26;  // blocks that are being written have longer names
    const std::string block = JoinPath(path, name);
    if (name.size() == kUlidLength && IsBlock(files, block)) blocks.push_back(block);
  }
  return blocks;
}

}  // namespace

bool HoldsBlocks(storage::FileSystem* files, const std::string& path) {
  return !BlocksOf(files, path).empty();
}

absl::StatusOr<std::unique_ptr<BlockSource>> BlockSource::Open(storage::FileSystem* files,
                                                               const std::string& path) {
  std::vector<std::string> blocks = BlocksOf(files, path);
  if (blocks.empty()) {
    return absl::NotFoundError(StrCat(
        "cannot read blocks of ", path,
        ": there are none, want a Prometheus block or a data directory (what is in its write-ahead "
        "log becomes a block by a snapshot)"));
  }
  return std::unique_ptr<BlockSource>(new BlockSource(files, std::move(blocks)));
}

absl::Status BlockSource::OpenBlock(const std::string& directory) {
  directory_ = directory;
  cursor_.reset();
  VARVE_ASSIGN_OR_RETURN(index_, BlockIndex::Open(files_, JoinPath(directory, kIndexName)));
  cursor_.emplace(index_.get());
  tombstones_ = {};
  const std::string tombstones = JoinPath(directory, kTombstonesName);
  VARVE_ASSIGN_OR_RETURN(const bool has_tombstones, files_->FileExists(tombstones));
  if (has_tombstones) {
    VARVE_ASSIGN_OR_RETURN(const std::string bytes, files_->ReadFile(tombstones));
    VARVE_ASSIGN_OR_RETURN(tombstones_, Tombstones::Parse(bytes, tombstones));
  }
  segments_.clear();
  const std::string chunks = JoinPath(directory, kChunksName);
  VARVE_ASSIGN_OR_RETURN(std::vector<std::string> names, files_->ListDirectory(chunks));
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const std::string path = JoinPath(chunks, name);
    VARVE_ASSIGN_OR_RETURN(auto segment, files_->NewRandomAccessFile(path));
    std::string header;
    VARVE_RETURN_IF_ERROR(segment->Read(0, kSegmentHeaderBytes, &header));
    BlockByteCursor cursor(header);
    if (cursor.TakeBigEndian(4) != kSegmentMagic || cursor.TakeBigEndian(1) != kSegmentVersion) {
      return absl::DataLossError(
          StrCat("cannot read ", path, ": no magic number, want chunks of a Prometheus block"));
    }
    segments_.push_back(std::move(segment));
  }
  return absl::OkStatus();
}

absl::Status BlockSource::ReadChunk(const BlockChunk& chunk, SeriesSamples* samples) {
  const auto damaged = [&](std::string_view found) {
    return absl::DataLossError(StrCat("cannot read chunk at byte ", chunk.offset, " of segment ",
                                      chunk.segment, " of ", directory_, ": ", found));
  };
  if (chunk.segment >= segments_.size()) return damaged("no such segment");
  const storage::RandomAccessFile& segment = *segments_[chunk.segment];
  if (chunk.offset >= segment.size()) return damaged("the end of the file");
  std::string bytes;
  VARVE_RETURN_IF_ERROR(segment.Read(
      chunk.offset, std::min<uint64_t>(kLengthBytesMax, segment.size() - chunk.offset), &bytes));
  BlockByteCursor head(bytes);
  const uint64_t length = head.TakeVarint();
  const uint64_t begin = chunk.offset + (bytes.size() - head.size());
  if (!head.ok() || length > segment.size() ||
      begin + kEncodingBytes + length + kChecksumBytes > segment.size()) {
    return damaged("a length that cannot be");
  }
  VARVE_RETURN_IF_ERROR(segment.Read(begin, kEncodingBytes + length + kChecksumBytes, &bytes));
  const std::string_view checked = std::string_view(bytes).substr(0, kEncodingBytes + length);
  BlockByteCursor trailer(std::string_view(bytes).substr(checked.size()));
  if (trailer.TakeBigEndian(kChecksumBytes) != storage::Crc32c(checked)) {
    return damaged("bytes that do not verify");
  }
  const absl::Status status =
      DecodeChunk(static_cast<uint8_t>(checked[0]), checked.substr(kEncodingBytes), samples);
  return absl::IsDataLoss(status) ? damaged(storage::ToStd(status.message())) : status;
}

absl::StatusOr<bool> BlockSource::Next(SeriesSamples* samples) {
  while (true) {
    if (!cursor_) {
      if (next_block_ == blocks_.size()) return false;
      VARVE_RETURN_IF_ERROR(OpenBlock(blocks_[next_block_++]));
    }
    VARVE_ASSIGN_OR_RETURN(const bool found, cursor_->Next(&series_));
    if (!found) {
      cursor_.reset();
      continue;
    }
    samples->Clear();
    samples->labels = series_.labels;
    for (const BlockChunk& chunk : series_.chunks) {
      VARVE_RETURN_IF_ERROR(ReadChunk(chunk, samples));
    }
    tombstones_.Apply(series_.ref, samples);
    return true;
  }
}

double BlockSource::progress() const {
  const double done = static_cast<double>(next_block_) - (cursor_ ? 1 - cursor_->progress() : 0);
  return done / static_cast<double>(blocks_.size());
}

}  // namespace varve::tools
