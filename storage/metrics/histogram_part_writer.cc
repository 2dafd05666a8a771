#include "storage/metrics/histogram_part_writer.h"

#include <utility>

#include "storage/encoding/histogram_chunk.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Timestamp, count, zero count and sum; then the buckets.
uint64_t RawBytes(const Histogram& histogram) {
  constexpr uint64_t kNumbers = 4;
  return sizeof(double) *
         (kNumbers + histogram.positive_counts.size() + histogram.negative_counts.size());
}

}  // namespace

absl::StatusOr<std::unique_ptr<HistogramPartWriter>> HistogramPartWriter::Open(
    FileSystem* files, std::string path, MetricPartOptions options) {
  options.kind = SignalKind::kHistograms;
  options.chunk_samples_max = kHistogramChunkCountMax;
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<MetricPartWriter> writer,
                         MetricPartWriter::Open(files, std::move(path), options));
  return std::unique_ptr<HistogramPartWriter>(new HistogramPartWriter(std::move(writer)));
}

absl::Status HistogramPartWriter::AddSeries(LabelSetView labels,
                                            std::span<const int64_t> timestamps_ms,
                                            std::span<const HistogramPtr> histograms) {
  if (timestamps_ms.size() != histograms.size()) {
    return absl::InvalidArgumentError(
        StrCat("cannot write series ", labels.ToString(), ": ", timestamps_ms.size(),
               " timestamps and ", histograms.size(), " histograms, want as many of both"));
  }
  uint64_t raw_bytes = 0;
  for (const HistogramPtr& histogram : histograms) raw_bytes += RawBytes(*histogram);
  return writer_->AddChunks(labels, timestamps_ms, raw_bytes,
                            [&](size_t begin, size_t end, std::string* out) {
                              EncodeHistograms(histograms.subspan(begin, end - begin), out);
                            });
}

}  // namespace varve::storage
