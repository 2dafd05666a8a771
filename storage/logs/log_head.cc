#include "storage/logs/log_head.h"

#include <algorithm>
#include <utility>

namespace varve::storage {
namespace {

// No half-open range of time can name the last instant.
constexpr int64_t kTimestampNsEnd = INT64_MAX;

void AppendPieces(const LogHeadData& data, TimeRange range_ns, LogStreamSnapshot* snapshot) {
  const auto overlaps = [&](int64_t min_ns, int64_t max_ns) {
    return TimeRange::Inclusive(min_ns, max_ns).Overlaps(range_ns);
  };
  for (const std::shared_ptr<const LogBlock>& block : data.blocks) {
    const int64_t min_ns = block->min_ns();
    const int64_t max_ns = block->max_ns();
    if (overlaps(min_ns, max_ns)) snapshot->pieces.push_back({block, {}, min_ns, max_ns});
  }
  if (!data.tail.empty() && overlaps(data.tail.min_ns(), data.tail.max_ns())) {
    snapshot->pieces.push_back(
        {nullptr, data.tail.UnsortedSnapshot(), data.tail.min_ns(), data.tail.max_ns()});
  }
}

void SortByLabels(std::vector<LogStreamSnapshot>* snapshots) {
  std::sort(
      snapshots->begin(), snapshots->end(),
      [](const LogStreamSnapshot& a, const LogStreamSnapshot& b) { return *a.labels < *b.labels; });
  for (LogStreamSnapshot& snapshot : *snapshots) snapshot.Prepare();
}

// The labels of a stream, kept alive by the stream itself.
std::shared_ptr<const LabelSet> SharedLabels(const LogHeadStreamPtr& stream) {
  return {stream, &stream->labels()};
}

}  // namespace

LogHeadStreamPtr LogHead::GetOrCreate(LabelSetView labels) {
  Shard& shard = ShardOf(labels);
  MutexLock lock(&shard.mutex);
  const auto found = shard.streams.find(labels);
  if (found != shard.streams.end()) return found->second;
  auto stream = std::make_shared<LogHeadStream>(next_ref_.fetch_add(1), labels);
  shard.streams.emplace(stream->labels().view(), stream);
  return stream;
}

LogHeadStreamPtr LogHead::Find(LabelSetView labels) const {
  const Shard& shard = ShardOf(labels);
  MutexLock lock(&shard.mutex);
  const auto found = shard.streams.find(labels);
  return found == shard.streams.end() ? nullptr : found->second;
}

LogAppendCounts LogHead::Append(const LogHeadStreamPtr& stream, std::span<const Entry> entries) {
  LogAppendCounts counts;
  LogHeadStreamPtr target = stream;
  while (true) {
    {
      MutexLock lock(&target->mutex_);
      if (!target->removed_) {
        EnterEpoch(target.get());
        Store(&target->current_, entries, &counts);
        return counts;
      }
    }
    target = Reinsert(target);
  }
}

LogHeadStreamPtr LogHead::Reinsert(const LogHeadStreamPtr& stream) {
  Shard& shard = ShardOf(stream->labels());
  MutexLock shard_lock(&shard.mutex);
  const auto [found, is_new] = shard.streams.try_emplace(stream->labels().view(), stream);
  if (is_new) {
    MutexLock lock(&stream->mutex_);
    stream->removed_ = false;
  }
  return found->second;
}

void LogHead::EnterEpoch(LogHeadStream* stream) {
  const uint64_t epoch = epoch_.load();
  if (stream->epoch_ >= epoch) return;
  stream->epoch_ = epoch;
  LogHeadData& current = stream->current_;
  LogHeadData& flushing = stream->flushing_;
  if (current.empty()) return;
  // After a failed flush, what it had is still there and arrived before.
  if (!flushing.tail.empty()) Seal(&flushing);
  flushing.blocks.insert(flushing.blocks.end(), current.blocks.begin(), current.blocks.end());
  flushing.tail = std::move(current.tail);
  current = LogHeadData();
}

bool LogHead::Takes(const Entry& entry) {
  return entry.line.size() <= kLogLineBytesMax && entry.timestamp_ns != kTimestampNsEnd;
}

void LogHead::Store(LogHeadData* into, std::span<const Entry> entries, LogAppendCounts* counts) {
  LogHeadData& data = *into;
  // The counters are shared by all streams: they learn of the tail's growth once, not per entry.
  size_t counted_entries = data.tail.entries();
  size_t counted_raw_bytes = data.tail.raw_bytes();
  size_t counted_memory_bytes = data.tail.memory_bytes();
  const auto count_growth = [&] {
    entries_ += data.tail.entries() - counted_entries;
    raw_bytes_ += data.tail.raw_bytes() - counted_raw_bytes;
    memory_bytes_ += data.tail.memory_bytes() - counted_memory_bytes;
  };
  for (const Entry& entry : entries) {
    if (!Takes(entry)) {
      ++counts->rejected;
      continue;
    }
    if (data.tail.IsFullFor(entry)) {
      count_growth();
      Seal(&data);
      counted_entries = counted_raw_bytes = counted_memory_bytes = 0;
    }
    data.tail.Append(entry);
    ++counts->accepted;
  }
  count_growth();
}

void LogHead::Seal(LogHeadData* data) {
  const auto builder = builders_.Take();
  LogTailSnapshot snapshot = data->tail.UnsortedSnapshot();
  SortSnapshot(&snapshot);
  auto block = std::make_shared<const LogBlock>(SealTail(snapshot, &*builder));
  entries_ -= data->tail.entries() - block->entries();
  raw_bytes_ -= data->tail.raw_bytes() - block->raw_bytes();
  memory_bytes_ += block->memory_bytes();
  memory_bytes_ -= data->tail.memory_bytes();
  data->tail = LogTail();
  data->blocks.push_back(std::move(block));
}

std::vector<LogHeadStreamPtr> LogHead::AllStreams() const {
  std::vector<LogHeadStreamPtr> streams;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mutex);
    for (const auto& [labels, stream] : shard.streams) streams.push_back(stream);
  }
  return streams;
}

std::vector<LogStreamSnapshot> LogHead::Snapshot(const std::vector<Matcher>& matchers,
                                                 TimeRange range_ns) const {
  std::vector<LogStreamSnapshot> snapshots;
  for (const LogHeadStreamPtr& stream : AllStreams()) {
    if (!MatchesAll(matchers, stream->labels())) continue;
    LogStreamSnapshot snapshot{.labels = SharedLabels(stream), .pieces = {}};
    {
      MutexLock lock(&stream->mutex_);
      AppendPieces(stream->flushing_, range_ns, &snapshot);
      AppendPieces(stream->current_, range_ns, &snapshot);
    }
    if (!snapshot.pieces.empty()) snapshots.push_back(std::move(snapshot));
  }
  SortByLabels(&snapshots);
  return snapshots;
}

void LogHead::BeginFlush() { epoch_.fetch_add(1); }

std::vector<LogStreamSnapshot> LogHead::FlushSnapshot() {
  std::vector<LogStreamSnapshot> snapshots;
  for (const LogHeadStreamPtr& stream : AllStreams()) {
    LogStreamSnapshot snapshot{.labels = SharedLabels(stream), .pieces = {}};
    {
      MutexLock lock(&stream->mutex_);
      EnterEpoch(stream.get());
      AppendPieces(stream->flushing_, TimeRange::All(), &snapshot);
    }
    if (!snapshot.pieces.empty()) snapshots.push_back(std::move(snapshot));
  }
  SortByLabels(&snapshots);
  return snapshots;
}

void LogHead::EndFlush(bool success) {
  if (!success) return;  // flushing_ stays, and the next flush takes it along
  for (Shard& shard : shards_) {
    MutexLock shard_lock(&shard.mutex);
    for (auto it = shard.streams.begin(); it != shard.streams.end();) {
      const LogHeadStreamPtr stream = it->second;
      MutexLock lock(&stream->mutex_);
      CountDropped(stream->flushing_);
      stream->flushing_ = LogHeadData();
      if (stream->current_.empty()) {
        stream->removed_ = true;
        shard.streams.erase(it++);
      } else {
        ++it;
      }
    }
  }
}

void LogHead::CountDropped(const LogHeadData& data) {
  uint64_t entries = data.tail.entries();
  uint64_t raw_bytes = data.tail.raw_bytes();
  uint64_t memory_bytes = data.tail.memory_bytes();
  for (const std::shared_ptr<const LogBlock>& block : data.blocks) {
    entries += block->entries();
    raw_bytes += block->raw_bytes();
    memory_bytes += block->memory_bytes();
  }
  entries_ -= entries;
  raw_bytes_ -= raw_bytes;
  memory_bytes_ -= memory_bytes;
}

LogHeadStats LogHead::Stats() const {
  LogHeadStats stats;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mutex);
    stats.streams += shard.streams.size();
  }
  stats.entries = entries_.load();
  stats.raw_bytes = raw_bytes_.load();
  stats.memory_bytes = memory_bytes_.load();
  return stats;
}

}  // namespace varve::storage
