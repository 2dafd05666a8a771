// MetricHead: the mutable recent window of metrics: everything that is in the WAL but in no part.
//
// Appending finds the series of a whole batch first (hash all raw label blocks, prefetch, look up;
// labels are parsed for blocks never seen before), then appends shard by shard.
//
// Threads:  as SeriesHead.
// Owns:     its series.
#ifndef STORAGE_METRICS_METRIC_HEAD_H_
#define STORAGE_METRICS_METRIC_HEAD_H_

#include <cstdint>
#include <span>
#include <vector>

#include "storage/appender.h"
#include "storage/metrics/memory_series.h"
#include "storage/metrics/series_head.h"

namespace varve::storage {

// Accepted samples of one series: samples[begin, end) of the batch, from its series[write].
struct AcceptedRun {
  MemorySeries* series;
  uint32_t begin;
  uint32_t end;
  uint32_t write;
};

class HistogramHead;

// One series of a query's view of the head.
using HeadSeries = SeriesHead<MemorySeries>::Selected;

class MetricHead : public SeriesHead<MemorySeries> {
 public:
  using SeriesHead::SeriesHead;

  // Appends what the limits allow. Counts into `result` and, for the WAL, lists the accepted
  // samples (duplicates included: their first writer may not have reached the disk) in `runs`.
  // `*series` becomes the series of each write of the batch, nullptr where it was refused; the
  // pointers are good while the gate is held.
  // Where `histograms` is given a sample is refused at whose time it has one of the same labels.
  void Append(const MetricBatch& batch, const MetricAppendLimits& limits, AppendResult* result,
              std::vector<AcceptedRun>* runs, std::vector<MemorySeries*>* series,
              const HistogramHead* histograms = nullptr);

  // Replay of the WAL, before anything else runs. Threads may replay different series. Returns how
  // many were new, which CountReplayed counts.
  uint64_t ReplaySamples(MemorySeries* series, std::span<const int64_t> timestamps_ms,
                         std::span<const double> values) const;
  void CountReplayed(uint64_t appended) { CountAppended(appended); }
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_HEAD_H_
