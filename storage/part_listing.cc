// LocalDatabase::Parts, apart from the rest of it: it only looks.
#include <algorithm>

#include "storage/local_database.h"

namespace varve::storage {

std::vector<PartInfo> LocalDatabase::Parts() const {
  std::vector<PartInfo> parts;
  for (const PartSummary& summary : parts_->Summaries()) {
    PartInfo part;
    part.name = summary.name;
    part.signal = SignalOf(summary.kind);
    part.level = summary.metadata.level;
    part.min_time_ms = summary.min_time_ms();
    part.max_time_ms = summary.max_time_ms();
    part.series = summary.metadata.series_count;
    part.entries = summary.metadata.entry_count;
    part.bytes = summary.file_bytes;
    parts.push_back(std::move(part));
  }
  std::sort(parts.begin(), parts.end(),
            [](const PartInfo& a, const PartInfo& b) { return a.name < b.name; });
  return parts;
}

}  // namespace varve::storage
