#include "storage/metrics/histogram_part.h"

#include <utility>

#include "storage/encoding/histogram_chunk.h"
#include "storage/status_macros.h"

namespace varve::storage {

absl::StatusOr<std::shared_ptr<HistogramPart>> HistogramPart::Open(FileSystem* files,
                                                                   const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(std::shared_ptr<PartFile> file, PartFile::Open(files, path));
  return Open(std::move(file));
}

absl::StatusOr<std::shared_ptr<HistogramPart>> HistogramPart::Open(std::shared_ptr<PartFile> file) {
  VARVE_ASSIGN_OR_RETURN(std::shared_ptr<MetricPart> series,
                         MetricPart::OpenChunks(std::move(file), SignalKind::kHistograms));
  return std::shared_ptr<HistogramPart>(new HistogramPart(std::move(series)));
}

absl::Status HistogramPart::Read(uint32_t id, TimeRange range_ms, TimestampColumn* timestamps_ms,
                                 std::vector<HistogramPtr>* histograms) const {
  histograms->clear();
  VARVE_ASSIGN_OR_RETURN(const MetricPartDirectory* directory, series_->Directory());
  SeriesChunksCursor cursor(directory);
  VARVE_RETURN_IF_ERROR(cursor.Seek(id));
  MetricPart::ReadMemory memory;
  return series_->VisitChunks(
      cursor.chunks(), range_ms, timestamps_ms, &memory, [&](const MetricPart::Chunk& chunk) {
        return DecodeHistograms(chunk.encoded, chunk.count, chunk.begin, chunk.end, histograms);
      });
}

}  // namespace varve::storage
