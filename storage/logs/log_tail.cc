#include "storage/logs/log_tail.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "absl/container/flat_hash_set.h"

namespace varve::storage {
namespace {

// A stream that has one entry must not cost 64 KiB; one that has many must not cost many chunks.
constexpr size_t kChunkBytesMin = 256;
constexpr size_t kChunkBytesMax = 64 << 10;

// The bytes that tell two entries of one timestamp apart.
struct EntryContent {
  std::string_view bytes;  // line and metadata
  uint32_t line_bytes = 0;

  friend bool operator==(const EntryContent&, const EntryContent&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const EntryContent& content) {
    h = H::combine_contiguous(std::move(h), content.bytes.data(), content.bytes.size());
    return H::combine(std::move(h), content.line_bytes);
  }
};

EntryContent ContentOf(const TailEntry& entry) {
  return {{entry.data, size_t{entry.line_bytes} + entry.metadata_bytes}, entry.line_bytes};
}

}  // namespace

bool LogTail::IsFullFor(const Entry& entry) const {
  return entries_.size() >= kLogBlockEntriesMax ||
         (!entries_.empty() && line_bytes_ + entry.line.size() > kTailLineBytesMax);
}

void LogTail::Append(const Entry& entry) {
  assert(!IsFullFor(entry));
  const std::string_view metadata = entry.metadata.packed();
  const size_t bytes = entry.line.size() + metadata.size();
  char* const data = Reserve(bytes);
  if (!entry.line.empty()) std::memcpy(data, entry.line.data(), entry.line.size());
  if (!metadata.empty()) std::memcpy(data + entry.line.size(), metadata.data(), metadata.size());
  min_ns_ = entries_.empty() ? entry.timestamp_ns : std::min(min_ns_, entry.timestamp_ns);
  max_ns_ = entries_.empty() ? entry.timestamp_ns : std::max(max_ns_, entry.timestamp_ns);
  entries_.push_back({entry.timestamp_ns, data, static_cast<uint32_t>(entry.line.size()),
                      static_cast<uint32_t>(metadata.size())});
  line_bytes_ += entry.line.size();
  raw_bytes_ += bytes;
}

size_t LogTail::memory_bytes() const {
  return chunks_bytes_ + entries_.capacity() * sizeof(TailEntry);
}

char* LogTail::Reserve(size_t bytes) {
  if (chunks_.empty() || chunk_bytes_ - chunk_used_ < bytes) {
    chunk_bytes_ = std::max(std::clamp(chunk_bytes_ * 2, kChunkBytesMin, kChunkBytesMax), bytes);
    chunks_.push_back(TailChunk(new char[chunk_bytes_]));
    chunk_used_ = 0;
    chunks_bytes_ += chunk_bytes_;
  }
  char* const data = chunks_.back().get() + chunk_used_;
  chunk_used_ += bytes;
  return data;
}

void SortSnapshot(LogTailSnapshot* snapshot) {
  std::vector<TailEntry>& entries = snapshot->entries;
  const auto earlier = [](const TailEntry& a, const TailEntry& b) {
    return a.timestamp_ns < b.timestamp_ns;
  };
  if (!std::is_sorted(entries.begin(), entries.end(), earlier)) {
    std::stable_sort(entries.begin(), entries.end(), earlier);
  }
  absl::flat_hash_set<EntryContent> seen;
  size_t kept = 0;
  for (size_t begin = 0; begin < entries.size();) {
    size_t end = begin + 1;
    while (end < entries.size() && entries[end].timestamp_ns == entries[begin].timestamp_ns) ++end;
    if (end - begin == 1) {
      entries[kept++] = entries[begin];
    } else {
      seen.clear();
      for (size_t i = begin; i < end; ++i) {
        if (seen.insert(ContentOf(entries[i])).second) entries[kept++] = entries[i];
      }
    }
    begin = end;
  }
  entries.resize(kept);
}

LogBlock SealTail(const LogTailSnapshot& snapshot, LogBlockBuilder* builder) {
  assert(builder->empty());
  for (const TailEntry& entry : snapshot.entries) {
    builder->Add({entry.timestamp_ns, entry.line(), entry.metadata()});
  }
  return builder->Finish();
}

}  // namespace varve::storage
