#include "tools/prometheus_block/tombstones.h"

#include <algorithm>

#include "storage/io/crc32c.h"
#include "storage/model/text.h"
#include "tools/prometheus_block/byte_cursor.h"

namespace varve::tools {
namespace {

constexpr uint64_t kMagic = 0x0130ba30;
constexpr uint64_t kVersion = 1;
constexpr size_t kHeaderBytes = 5;
constexpr size_t kChecksumBytes = 4;

}  // namespace

absl::StatusOr<Tombstones> Tombstones::Parse(std::string_view bytes, const std::string& path) {
  const auto damaged = [&](std::string_view found) {
    return absl::DataLossError(storage::StrCat("cannot read ", path, ": ", found,
                                               ", want tombstones of a Prometheus block"));
  };
  if (bytes.size() < kHeaderBytes + kChecksumBytes) return damaged("too few bytes");
  BlockByteCursor header(bytes);
  if (header.TakeBigEndian(4) != kMagic) return damaged("no magic number");
  if (header.TakeBigEndian(1) != kVersion) return damaged("an unknown version");
  const std::string_view stones =
      bytes.substr(kHeaderBytes, bytes.size() - kHeaderBytes - kChecksumBytes);
  BlockByteCursor trailer(bytes.substr(bytes.size() - kChecksumBytes));
  if (trailer.TakeBigEndian(kChecksumBytes) != storage::Crc32c(stones)) {
    return damaged("bytes that do not verify");
  }
  Tombstones tombstones;
  BlockByteCursor cursor(stones);
  while (!cursor.empty()) {
    const uint64_t series_ref = cursor.TakeVarint();
    const int64_t min_time_ms = cursor.TakeZigZag();
    const int64_t max_time_ms = cursor.TakeZigZag();
    if (!cursor.ok()) return damaged("a tombstone that is cut off");
    tombstones.deleted_[series_ref].push_back({min_time_ms, max_time_ms});
  }
  return tombstones;
}

void Tombstones::Apply(uint64_t series_ref, SeriesSamples* samples) const {
  const auto found = deleted_.find(series_ref);
  if (found == deleted_.end()) return;
  const auto is_deleted = [&](const auto& sample) {
    return std::any_of(found->second.begin(), found->second.end(), [&](const Interval& interval) {
      return sample.timestamp_ms >= interval.min_time_ms &&
             sample.timestamp_ms <= interval.max_time_ms;
    });
  };
  std::erase_if(samples->floats, is_deleted);
  std::erase_if(samples->histograms, is_deleted);
}

}  // namespace varve::tools
