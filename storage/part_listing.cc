// LocalDatabase::Parts, apart from the rest of it: it only looks.
#include <algorithm>

#include "storage/local_database.h"
#include "storage/logs/log_part.h"

namespace varve::storage {
namespace {

// 0 where the part is too damaged to tell.
uint64_t ChunkCount(const PartReader& reader) {
  if (const auto* metrics = std::get_if<std::shared_ptr<MetricPart>>(&reader)) {
    return (*metrics)->ChunkCount().value_or(0);
  }
  if (const auto* histograms = std::get_if<std::shared_ptr<HistogramPart>>(&reader)) {
    return (*histograms)->series().ChunkCount().value_or(0);
  }
  return std::get<LogPartPtr>(reader)->directory().blocks.size();
}

}  // namespace

std::vector<PartInfo> LocalDatabase::Parts() const {
  std::vector<PartInfo> parts;
  for (const StoredPartPtr& stored : parts_->Parts()) {
    const PartSummary& summary = stored->summary;
    PartInfo part;
    part.name = summary.name;
    part.signal = SignalOf(summary.kind);
    part.level = summary.metadata.level;
    part.min_time_ms = summary.min_time_ms();
    part.max_time_ms = summary.max_time_ms();
    part.series = summary.metadata.series_count;
    part.entries = summary.metadata.entry_count;
    part.chunks = ChunkCount(stored->reader);
    part.bytes = summary.file_bytes;
    parts.push_back(std::move(part));
  }
  std::sort(parts.begin(), parts.end(),
            [](const PartInfo& a, const PartInfo& b) { return a.name < b.name; });
  return parts;
}

}  // namespace varve::storage
