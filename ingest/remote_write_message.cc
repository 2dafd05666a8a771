#include "ingest/remote_write_message.h"

#include "ingest/remote_write_histogram.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {

using storage::StrCat;

absl::Status TooMany(std::string_view what, size_t limit) {
  return absl::InvalidArgumentError(
      StrCat("cannot decode remote-write request: more than ", limit, " ", what));
}

absl::Status MalformedRequest(std::string_view what) {
  return absl::InvalidArgumentError(StrCat("cannot decode remote-write request: malformed ", what));
}

absl::Status AddHistogram(std::string_view message, RemoteWriteRequest* request) {
  std::vector<storage::HistogramSample>& histograms = request->batch.histograms;
  VARVE_RETURN_IF_ERROR(CheckRoom(histograms, "histograms", kRemoteWriteHistogramsMax));
  storage::HistogramSample& sample = histograms.emplace_back();
  VARVE_RETURN_IF_ERROR(
      DecodeHistogram(message, kRemoteWriteBucketsMax - request->buckets, &sample));
  const storage::Histogram& histogram = sample.histogram;
  request->buckets += histogram.positive_counts.size() + histogram.negative_counts.size() +
                      histogram.positive_spans.size() + histogram.negative_spans.size() +
                      histogram.custom_values.size();
  return absl::OkStatus();
}

storage::SeriesWrite BeginSeries(const storage::MetricBatch& batch) {
  storage::SeriesWrite write;
  write.begin = static_cast<uint32_t>(batch.samples.size());
  write.histograms_begin = static_cast<uint32_t>(batch.histograms.size());
  write.exemplars_begin = static_cast<uint32_t>(batch.exemplars.size());
  return write;
}

void EndSeries(const storage::MetricBatch& batch, storage::SeriesWrite* write) {
  write->end = static_cast<uint32_t>(batch.samples.size());
  write->histograms_end = static_cast<uint32_t>(batch.histograms.size());
  write->exemplars_end = static_cast<uint32_t>(batch.exemplars.size());
}

}  // namespace varve::ingest
