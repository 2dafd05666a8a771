// HistogramPart reads a part of native histograms: a metric part whose chunks are of histograms.
//
// Threads:  thread-safe.
// Owns:     the open file and the caches of MetricPart.
// Errors:   those of MetricPart.
// Format:   storage/docs/histogram_part_format.md
#ifndef STORAGE_METRICS_HISTOGRAM_PART_H_
#define STORAGE_METRICS_HISTOGRAM_PART_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/metrics/metric_part.h"
#include "storage/model/histogram.h"
#include "storage/model/time_range.h"
#include "storage/part/part_file.h"
#include "storage/querier.h"

namespace varve::storage {

class HistogramPart {
 public:
  static absl::StatusOr<std::shared_ptr<HistogramPart>> Open(FileSystem* files,
                                                             const std::string& path);
  static absl::StatusOr<std::shared_ptr<HistogramPart>> Open(std::shared_ptr<PartFile> file);

  const PartMetadata& info() const { return series_->info(); }
  const PartFile& file() const { return series_->file(); }
  // The index, the directory and everything else that has nothing to do with what chunks hold.
  const MetricPart& series() const { return *series_; }

  // Replaces both columns by the histograms of series `id` in `range_ms`. Decodes only the chunks
  // that overlap it.
  absl::Status Read(uint32_t id, TimeRange range_ms, TimestampColumn* timestamps_ms,
                    std::vector<HistogramPtr>* histograms) const;

 private:
  explicit HistogramPart(std::shared_ptr<MetricPart> series) : series_(std::move(series)) {}

  std::shared_ptr<MetricPart> series_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_HISTOGRAM_PART_H_
