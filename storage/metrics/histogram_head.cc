#include "storage/metrics/histogram_head.h"

#include <algorithm>

#include "storage/model/text.h"

namespace varve::storage {
namespace {

enum class Place : uint8_t { kFree, kTaken, kTakenBySameWrite };

// Of each histogram of the batch: whether a float has its time. No lock of the histograms is held.
std::vector<Place> FindPlaces(const MetricBatch& batch, const MetricHead& floats,
                              const std::vector<HistogramSeries*>& series) {
  std::vector<Place> places(batch.histograms.size());
  for (size_t i = 0; i < series.size(); ++i) {
    if (series[i] == nullptr || !IsInOtherHead(floats, series[i])) continue;
    const SeriesWrite& write = batch.series[i];
    for (uint32_t j = write.histograms_begin; j < write.histograms_end; ++j) {
      const int64_t timestamp_ms = batch.histograms[j].timestamp_ms;
      if (!floats.HasSampleAt(series[i]->labels(), timestamp_ms)) continue;
      const auto begin = batch.samples.begin();
      const bool same_write = std::any_of(
          begin + write.begin, begin + write.end,
          [timestamp_ms](const Sample& sample) { return sample.timestamp_ms == timestamp_ms; });
      places[j] = same_write ? Place::kTakenBySameWrite : Place::kTaken;
    }
  }
  return places;
}

}  // namespace

void HistogramHead::Append(const MetricBatch& batch, const MetricAppendLimits& limits,
                           AppendResult* result, AcceptedHistograms* accepted,
                           std::vector<HistogramSeries*>* series_of_writes,
                           const MetricHead* floats) {
  std::vector<HistogramSeries*>& found = *series_of_writes;
  FindOrCreate(batch, limits, result, &found);
  const std::vector<Place> places = floats == nullptr ? std::vector<Place>(batch.histograms.size())
                                                      : FindPlaces(batch, *floats, found);

  const uint32_t flush_epoch = epoch();
  uint64_t appended = 0;
  const auto reject_duplicate = [&](const HistogramSample& sample, const HistogramSeries& series) {
    result->Reject(RejectReason::kDuplicateTimestamp,
                   StrCat("duplicate native histogram sample for timestamp ", sample.timestamp_ms,
                          " for series ", series.labels().ToString()),
                   1);
  };
  const auto append = [&](uint32_t write, const HistogramSample& sample, Place place) {
    HistogramSeries* series = found[write];
    if (!limits.range_ms.Contains(sample.timestamp_ms)) {
      RejectOutOfBounds(limits, sample.timestamp_ms, *series, result);
      return;
    }
    const Histogram* histogram = &sample.histogram;
    if (const absl::Status status = ValidateHistogram(*histogram); !status.ok()) {
      result->Reject(RejectReason::kInvalidHistogram,
                     StrCat(ToStd(status.message()), " for series ", series->labels().ToString()),
                     1);
      return;
    }
    if (histogram->schema > kExponentialSchemaMax) {
      accepted->reduced.push_back(*histogram);
      ReduceResolution(kExponentialSchemaMax, &accepted->reduced.back());
      histogram = &accepted->reduced.back();
    }
    if (place == Place::kTaken) return reject_duplicate(sample, *series);
    if (place == Place::kTakenBySameWrite) {
      ++result->histograms_accepted;
      return;
    }
    const SampleOutcome outcome = series->Append(sample.timestamp_ms, *histogram, flush_epoch);
    if (outcome == SampleOutcome::kConflict) return reject_duplicate(sample, *series);
    if (outcome == SampleOutcome::kAppended) ++appended;
    accepted->accepted.push_back({series, write, &sample, histogram});
    ++result->histograms_accepted;
  };

  const std::vector<uint32_t> order = OrderByShard(found);
  for (size_t i = 0; i < order.size();) {
    const size_t shard = ShardNumber(*found[order[i]]);
    MutexLock lock(&shards_[shard].mutex);
    for (; i < order.size() && ShardNumber(*found[order[i]]) == shard; ++i) {
      const SeriesWrite& write = batch.series[order[i]];
      for (uint32_t j = write.histograms_begin; j < write.histograms_end; ++j) {
        append(order[i], batch.histograms[j], places[j]);
      }
    }
  }
  CountAppended(appended);
}

void HistogramHead::ReplayHistograms(HistogramSeries* series,
                                     std::span<const int64_t> timestamps_ms,
                                     std::span<const Histogram> histograms) {
  const uint32_t flush_epoch = epoch();
  uint64_t appended = 0;
  for (size_t i = 0; i < histograms.size(); ++i) {
    const SampleOutcome outcome = series->Append(timestamps_ms[i], histograms[i], flush_epoch);
    if (outcome == SampleOutcome::kAppended) ++appended;
  }
  CountAppended(appended);
}

}  // namespace varve::storage
