#include "storage/logs/log_block.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "storage/encoding/lz4_codec.h"
#include "storage/logs/log_columns.h"

namespace varve::storage {

static_assert(kLogLineBytesMax <= kLz4RawBytesMax, "a line is one LZ4 block at most");

uint32_t LogBlock::entries() const {
  uint32_t sum = 0;
  for (const LogBlockRun& run : runs) sum += run.entries;
  return sum;
}

int64_t LogBlock::min_ns() const {
  int64_t min_ns = runs.front().min_ns;
  for (const LogBlockRun& run : runs) min_ns = std::min(min_ns, run.min_ns);
  return min_ns;
}

int64_t LogBlock::max_ns() const {
  int64_t max_ns = runs.front().max_ns;
  for (const LogBlockRun& run : runs) max_ns = std::max(max_ns, run.max_ns);
  return max_ns;
}

uint64_t LogBlock::raw_bytes() const {
  uint64_t sum = 0;
  for (const LogBlockRun& run : runs) sum += run.raw_bytes;
  return sum;
}

void LogBlockBuilder::NextStream() { next_stream_ = true; }

bool LogBlockBuilder::IsFullFor(const Entry& entry) const {
  return timestamps_.size() >= kLogBlockEntriesMax ||
         (!timestamps_.empty() && messages_.size() + entry.line.size() > kLogBlockRawBytesMax);
}

void LogBlockBuilder::Add(const Entry& entry) {
  assert(!IsFullFor(entry) && entry.line.size() <= kLogLineBytesMax);
  if (next_stream_) {
    next_stream_ = false;
    runs_.push_back({.min_ns = entry.timestamp_ns, .max_ns = entry.timestamp_ns});
  }
  LogBlockRun& run = runs_.back();
  assert(entry.timestamp_ns >= run.max_ns);
  run.max_ns = entry.timestamp_ns;
  ++run.entries;
  run.raw_bytes += entry.line.size() + entry.metadata.packed().size();
  timestamps_.push_back(entry.timestamp_ns);
  line_bytes_.push_back(static_cast<uint32_t>(entry.line.size()));
  messages_.append(entry.line);
  metadata_.Add(entry.metadata);
  filter_.AddLine(entry.line);
}

LogBlock LogBlockBuilder::Finish() {
  assert(!empty());
  LogBlock block;
  block.runs = std::move(runs_);
  LogBlockHeader header;
  header.entries = entries();
  header.streams = static_cast<uint32_t>(block.runs.size());
  header.message_bytes = static_cast<uint32_t>(messages_.size());
  header.min_ns = block.min_ns();
  header.max_ns = block.max_ns();

  std::array<std::string, kLogBlockGroups> groups;
  const auto group = [&](LogBlockGroup id) { return &groups[static_cast<size_t>(id)]; };
  AppendTimestampColumn(timestamps_, group(LogBlockGroup::kTimestamps));
  AppendIntegerColumn(line_bytes_, group(LogBlockGroup::kLineBytes));
  if (block.runs.size() > 1) {
    std::vector<uint32_t> run_entries;
    for (const LogBlockRun& run : block.runs) run_entries.push_back(run.entries);
    AppendIntegerColumn(run_entries, group(LogBlockGroup::kStreams));
  }
  *group(LogBlockGroup::kMetadata) = metadata_.Finish();
  AppendTextColumn(messages_, group(LogBlockGroup::kMessages));
  LogBlockHeader::AppendBlock(header, groups, &block.bytes);
  block.bytes.shrink_to_fit();
  block.filter = filter_.Build();

  runs_.clear();
  timestamps_.clear();
  line_bytes_.clear();
  messages_.clear();
  next_stream_ = true;
  return block;
}

}  // namespace varve::storage
