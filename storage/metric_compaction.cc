#include "storage/metric_compaction.h"

#include "storage/metrics/metric_selection.h"
#include "storage/status_macros.h"

namespace varve::storage {

absl::StatusOr<bool> MergeMetricParts(FileSystem* files, std::vector<VisibleMetricPart> inputs,
                                      const std::string& path, const MetricPartOptions& options) {
  // Merging is what a query over the inputs does anyway: series by label set, samples by time.
  VARVE_ASSIGN_OR_RETURN(
      const std::unique_ptr<MergedMetricSelection> all,
      MergedMetricSelection::Create({}, TimeRange::All(), std::move(inputs), {}));
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<MetricPartWriter> writer,
                         MetricPartWriter::Open(files, path, options));
  SampleColumns columns;
  for (size_t i = 0; i < all->size(); ++i) {
    VARVE_RETURN_IF_ERROR(all->Read(i, TimeRange::All(), &columns));
    if (columns.size() == 0) continue;
    VARVE_RETURN_IF_ERROR(
        writer->AddSeries(all->labels(i), *columns.timestamps_ms, columns.values));
  }
  if (writer->sample_count() == 0) return false;
  VARVE_RETURN_IF_ERROR(writer->Finish().status());
  return true;
}

}  // namespace varve::storage
