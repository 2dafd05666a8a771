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

}  // namespace

std::vector<WalWriter::Ticket> WriteMetricBatch(const MetricBatch& batch,
                                                const MetricAppendLimits& limits,
                                                SignalStores* stores, WalWriter* wal,
                                                AppendResult* result) {
  std::vector<WalWriter::Ticket> tickets;
  std::vector<AcceptedRun> runs;
  std::vector<MemorySeries*> series;
  stores->samples.head().Append(batch, limits, result, &runs, &series);
  if (!runs.empty()) tickets.push_back(stores->samples.Log(wal, batch, runs));

  StartTimestampBatch starts(batch.parse);
  starts.AddSamples(batch, runs);
  WriteStartTimestamps(starts.batch(), &stores->start_timestamps, wal, &tickets);

  const auto exemplars =
      stores->exemplars.Write(wal, batch, series, limits.range_ms, limits.series_max, result);
  if (exemplars.has_value()) tickets.push_back(*exemplars);
  return tickets;
}

}  // namespace varve::storage
