#include "storage/entry_bounds.h"

#include <algorithm>
#include <string>

#include "absl/time/time.h"
#include "storage/model/text.h"

namespace varve::storage {
namespace {

std::string TimestampText(int64_t timestamp_ns) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixNanos(timestamp_ns),
                          absl::UTCTimeZone());
}

}  // namespace

bool DropOutOfBounds(const LogBatch& batch, TimeRange range_ms, LogBatch* kept,
                     std::vector<uint32_t>* places, AppendResult* result) {
  const auto accepted = [&](const Entry& entry) {
    return range_ms.Contains(FloorDivide(entry.timestamp_ns, kNanosecondsPerMillisecond));
  };
  if (std::all_of(batch.entries.begin(), batch.entries.end(), accepted)) return false;
  for (const StreamWrite& write : batch.streams) {
    const auto begin = static_cast<uint32_t>(kept->entries.size());
    for (uint32_t i = write.begin; i < write.end; ++i) {
      const Entry& entry = batch.entries[i];
      if (accepted(entry)) {
        kept->entries.push_back(entry);
        places->push_back(i);
        continue;
      }
      const bool future =
          FloorDivide(entry.timestamp_ns, kNanosecondsPerMillisecond) >= range_ms.end;
      const RejectReason reason = future ? RejectReason::kTooFarInFuture : RejectReason::kTooOld;
      result->refused_entries.push_back({i, reason});
      result->Reject(
          reason,
          StrCat("entry for stream '", write.labels.ToString(), "' has timestamp too ",
                 future ? "new: " : "old: ", TimestampText(entry.timestamp_ns),
                 future ? "" : ", oldest acceptable timestamp is: ",
                 future ? "" : TimestampText(range_ms.begin * kNanosecondsPerMillisecond)),
          1);
    }
    const auto end = static_cast<uint32_t>(kept->entries.size());
    if (end > begin) kept->streams.push_back({write.labels, begin, end});
  }
  return true;
}

}  // namespace varve::storage
