#include "storage/metric_batch_write.h"

#include "storage/start_timestamps.h"

namespace varve::storage {
namespace {

void WriteStartTimestamps(const MetricBatch& starts, MetricStore* store, WalWriter* wal,
                          std::vector<WalWriter::Ticket>* tickets) {
  if (starts.samples.empty()) return;
  // Their samples passed the limits. Where one is sent again with another start the first one
  // stays, and nobody is told: the sample itself was a duplicate.
  AppendResult ignored;
  std::vector<AcceptedRun> runs;
  std::vector<MemorySeries*> series;
  store->head().Append(starts, {}, &ignored, &runs, &series);
  if (!runs.empty()) tickets->push_back(store->Log(wal, starts, runs));
}

// The labels of the series of each write; empty where it was refused.
std::vector<LabelSetView> LabelsOfWrites(const std::vector<MemorySeries*>& series,
                                         const std::vector<HistogramSeries*>& histogram_series) {
  std::vector<LabelSetView> labels(series.size());
  for (size_t i = 0; i < series.size(); ++i) {
    if (series[i] != nullptr) {
      labels[i] = series[i]->labels();
    } else if (i < histogram_series.size() && histogram_series[i] != nullptr) {
      labels[i] = histogram_series[i]->labels();
    }
  }
  return labels;
}

}  // namespace

std::vector<WalWriter::Ticket> WriteMetricBatch(const MetricBatch& batch,
                                                const MetricAppendLimits& limits,
                                                SignalStores* stores, WalWriter* wal,
                                                AppendResult* result) {
  std::vector<WalWriter::Ticket> tickets;
  std::vector<AcceptedRun> runs;
  std::vector<MemorySeries*> series;
  stores->samples.head().Append(batch, limits, result, &runs, &series, &stores->histograms.head());
  if (!runs.empty()) tickets.push_back(stores->samples.Log(wal, batch, runs));

  AcceptedHistograms histograms;
  std::vector<HistogramSeries*> histogram_series;
  if (!batch.histograms.empty()) {
    stores->histograms.head().Append(batch, limits, result, &histograms, &histogram_series,
                                     &stores->samples.head());
  }
  if (!histograms.accepted.empty()) tickets.push_back(stores->histograms.Log(wal, histograms));

  StartTimestampBatch starts(batch.parse);
  starts.AddSamples(batch, runs);
  starts.AddHistograms(batch, histograms);
  WriteStartTimestamps(starts.batch(), &stores->start_timestamps, wal, &tickets);

  if (batch.exemplars.empty()) return tickets;
  const auto exemplars =
      stores->exemplars.Write(wal, batch, LabelsOfWrites(series, histogram_series), limits.range_ms,
                              limits.series_max, result);
  if (exemplars.has_value()) tickets.push_back(*exemplars);
  return tickets;
}

}  // namespace varve::storage
