// Tombstones: what was deleted of a Prometheus block without being taken out of it.
//
// Threads:  immutable.
// Errors:   Parse: DATA_LOSS for bytes that do not verify.
// Source:   Prometheus, "Tombstones Disk Format".
#ifndef TOOLS_PROMETHEUS_BLOCK_TOMBSTONES_H_
#define TOOLS_PROMETHEUS_BLOCK_TOMBSTONES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "tools/transfer/sample_source.h"

namespace varve::tools {

class Tombstones {
 public:
  // `path` is for errors.
  static absl::StatusOr<Tombstones> Parse(std::string_view bytes, const std::string& path);

  // Takes the deleted samples out of those of a series.
  void Apply(uint64_t series_ref, SeriesSamples* samples) const;

 private:
  struct Interval {
    int64_t min_time_ms;
    int64_t max_time_ms;
  };
  absl::flat_hash_map<uint64_t, std::vector<Interval>> deleted_;
};

}  // namespace varve::tools

#endif  // TOOLS_PROMETHEUS_BLOCK_TOMBSTONES_H_
