#include "storage/metrics/metric_part_reader.h"

#include "storage/status_macros.h"

namespace varve::storage {

absl::Status MetricPartReader::Read(uint32_t id, TimeRange range_ms, TimestampColumn* timestamps_ms,
                                    std::vector<double>* values) {
  if (!cursor_.has_value()) {
    VARVE_ASSIGN_OR_RETURN(const MetricPartDirectory* directory, part_->Directory());
    cursor_.emplace(directory);
  }
  VARVE_RETURN_IF_ERROR(cursor_->Seek(id));
  return part_->Read(cursor_->chunks(), range_ms, timestamps_ms, values, &memory_);
}

}  // namespace varve::storage
