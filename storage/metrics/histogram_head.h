// HistogramHead: the mutable recent window of native histograms: what is in the WAL but in no part.
//
// A series that has floats, too, is in the metric head as well. Of a float and a histogram of one
// time the first to come stays and the other is refused, as far as the heads remember: what they
// have, and after a flush the newest of each kind. What comes out of order for a time that only the
// parts know is accepted without a look, as Prometheus accepts it; where two requests bring both at
// the same moment both are, too. Whoever reads sees the float then, before and after merges. (In
// Prometheus it depends on the order of its chunks.)
//
// Threads:  as SeriesHead.
// Owns:     its series.
#ifndef STORAGE_METRICS_HISTOGRAM_HEAD_H_
#define STORAGE_METRICS_HISTOGRAM_HEAD_H_

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "storage/appender.h"
#include "storage/metrics/histogram_series.h"
#include "storage/metrics/metric_head.h"
#include "storage/metrics/series_head.h"

namespace varve::storage {

// What was accepted of a batch, series by series, for the WAL.
struct AcceptedHistograms {
  struct One {
    HistogramSeries* series;
    uint32_t write;                 // of the batch's series
    const HistogramSample* sample;  // of the batch
    const Histogram* histogram;     // as it is stored: the sample's, or one of `reduced`
  };
  std::vector<One> accepted;
  std::deque<Histogram> reduced;  // those that came in a finer resolution than is stored
};

// One series of a query's view of the head.
using HistogramHeadSeries = SeriesHead<HistogramSeries>::Selected;

class HistogramHead : public SeriesHead<HistogramSeries> {
 public:
  using SeriesHead::SeriesHead;

  // Appends what is valid and within the limits; schemas finer than kExponentialSchemaMax become
  // that one. Counts into `result` and lists what was accepted, duplicates included. `*series`
  // becomes the series of each write of the batch, nullptr where it was refused or has none.
  // Where `floats` is given a histogram is refused at whose time it has a sample of the same
  // labels; one of the same write as that sample goes without a word, as it does in Prometheus.
  void Append(const MetricBatch& batch, const MetricAppendLimits& limits, AppendResult* result,
              AcceptedHistograms* accepted, std::vector<HistogramSeries*>* series,
              const MetricHead* floats = nullptr);

  // Replay of the WAL, before anything else runs: one thread.
  void ReplayHistograms(HistogramSeries* series, std::span<const int64_t> timestamps_ms,
                        std::span<const Histogram> histograms);
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_HISTOGRAM_HEAD_H_
