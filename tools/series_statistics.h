// SeriesStatistics: counts over all series of some metric parts: by metric, by label, by label pair
// and by codec.
//
// Churn is how much series come and go: each one adds the share of the whole time in which it was
// not there. A series that was always there adds nothing, one that lasted a moment adds one.
//
// Threads:  one-thread.
// Owns:     its counts; memory grows with the number of different series.
// Errors:   AddPart: those of MetricPart. Of parts with native histograms only the codecs are
//           counted; those of other kinds are skipped.
#ifndef TOOLS_SERIES_STATISTICS_H_
#define TOOLS_SERIES_STATISTICS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "storage/io/file_system.h"
#include "storage/metrics/metric_part_inspect.h"
#include "storage/model/label_set.h"
#include "storage/model/time_range.h"

namespace varve::tools {

struct SeriesGroup {
  uint64_t series = 0;
  uint64_t samples = 0;
  uint64_t value_bytes = 0;  // of encoded values, before groups of chunks are compressed
  double churn = 0;
};
struct LabelGroup {
  uint64_t values = 0;
  uint64_t text_bytes = 0;  // of the values, each once
  uint64_t series = 0;
};

class SeriesStatistics {
 public:
  template <typename Group>
  using Ranking = std::vector<std::pair<std::string, Group>>;

  absl::Status AddPart(storage::FileSystem* files, const std::string& path);

  uint64_t parts() const { return parts_; }
  uint64_t file_bytes() const { return file_bytes_; }
  uint64_t samples() const;
  uint64_t series() const { return series_.size(); }
  uint64_t label_pairs() const;
  storage::TimeRange span_ms() const { return span_ms_; }

  // The greatest `top`: metrics and labels by their series and values, pairs by their churn.
  Ranking<SeriesGroup> Metrics(size_t top) const;
  Ranking<LabelGroup> Labels(size_t top) const;
  Ranking<SeriesGroup> ChurningPairs(size_t top) const;
  // Those that occur, by name.
  const std::map<std::string, storage::MetricPartReport::Codec>& Codecs() const { return codecs_; }

 private:
  // One series over all parts.
  struct Series {
    uint64_t samples = 0;
    uint64_t value_bytes = 0;
    storage::TimeRange span_ms;
  };

  void AddCodecs(const storage::MetricPartReport& report);
  double ChurnOf(const Series& series) const;
  absl::flat_hash_map<std::string, SeriesGroup> Pairs() const;

  uint64_t parts_ = 0;
  uint64_t file_bytes_ = 0;
  storage::TimeRange span_ms_;
  absl::flat_hash_map<storage::LabelSet, Series> series_;
  std::map<std::string, storage::MetricPartReport::Codec> codecs_;
};

}  // namespace varve::tools

#endif  // TOOLS_SERIES_STATISTICS_H_
