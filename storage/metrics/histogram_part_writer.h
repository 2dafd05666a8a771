// HistogramPartWriter writes the histograms of series into a new part.
//
// Threads:  thread-compatible.
// Owns:     the file and the buffers of MetricPartWriter.
// Errors:   those of MetricPartWriter; INVALID_ARGUMENT for as many timestamps as histograms not
//           being there.
// Format:   storage/docs/histogram_part_format.md
#ifndef STORAGE_METRICS_HISTOGRAM_PART_WRITER_H_
#define STORAGE_METRICS_HISTOGRAM_PART_WRITER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/metrics/metric_part_writer.h"
#include "storage/model/histogram.h"
#include "storage/model/label_set.h"

namespace varve::storage {

class HistogramPartWriter {
 public:
  // Of the options, `kind` and `chunk_samples_max` are set here.
  static absl::StatusOr<std::unique_ptr<HistogramPartWriter>> Open(FileSystem* files,
                                                                   std::string path,
                                                                   MetricPartOptions options);

  // `labels` must be greater than those before; timestamps strictly increase, one per histogram.
  absl::Status AddSeries(LabelSetView labels, std::span<const int64_t> timestamps_ms,
                         std::span<const HistogramPtr> histograms);
  absl::StatusOr<MetricPartInfo> Finish() { return writer_->Finish(); }

 private:
  explicit HistogramPartWriter(std::unique_ptr<MetricPartWriter> writer)
      : writer_(std::move(writer)) {}

  std::unique_ptr<MetricPartWriter> writer_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_HISTOGRAM_PART_WRITER_H_
