// Any bytes as a log segment: the scan ends, reads nothing outside, and reports ordered damage.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "storage/wal/wal_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  const std::string_view segment(reinterpret_cast<const char*>(data), size);
  uint64_t damage_end = 0;
  for (const uint64_t synced_bytes : {uint64_t{0}, uint64_t{200}}) {
    damage_end = 0;
    const absl::Status status = ScanWalSegment(
        segment, 1, synced_bytes,
        [&](uint64_t, WalRecordType type, std::string_view payload) {
          if (static_cast<uint8_t>(type) == 0) std::abort();
          if (payload.data() + payload.size() > segment.data() + segment.size()) std::abort();
          return absl::OkStatus();
        },
        [&](WalDamage damage) {
          if (damage.begin < damage_end || damage.end < damage.begin) std::abort();
          if (damage.end > segment.size()) std::abort();
          damage_end = damage.end;
        });
    if (!status.ok()) std::abort();
  }
  return 0;
}
