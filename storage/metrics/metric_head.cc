#include "storage/metrics/metric_head.h"

#include "storage/metrics/histogram_head.h"
#include "storage/model/text.h"

namespace varve::storage {
namespace {

// How far ahead of an append its series, and then the end of its chunk, are fetched.
constexpr size_t kSeriesAhead = 12;
constexpr size_t kChunkAhead = 6;

}  // namespace

void MetricHead::Append(const MetricBatch& batch, const MetricAppendLimits& limits,
                        AppendResult* result, std::vector<AcceptedRun>* runs,
                        std::vector<MemorySeries*>* series_of_writes,
                        const HistogramHead* histograms) {
  std::vector<MemorySeries*>& found = *series_of_writes;
  FindOrCreate(batch, limits, result, &found);

  const uint32_t flush_epoch = epoch();
  uint64_t appended = 0;
  const auto append_series = [&](uint32_t index) {
    MemorySeries* series = found[index];
    const SeriesWrite& write = batch.series[index];
    const bool mixed = histograms != nullptr && IsInOtherHead(*histograms, series);
    uint32_t run_begin = write.begin;
    const auto close_run = [&](uint32_t end) {
      if (end > run_begin) runs->push_back({series, run_begin, end, index});
      result->accepted += end - run_begin;
    };
    for (uint32_t i = write.begin; i < write.end; ++i) {
      const Sample& sample = batch.samples[i];
      if (mixed && histograms->HasSampleAt(series->labels(), sample.timestamp_ms)) {
        result->Reject(RejectReason::kDuplicateTimestamp,
                       StrCat("duplicate sample for timestamp ", sample.timestamp_ms,
                              "; overrides not allowed: existing is a histogram, new value ",
                              sample.value, ", series ", series->labels().ToString()),
                       1);
      } else if (limits.range_ms.Contains(sample.timestamp_ms)) {
        const SampleOutcome outcome = series->Append(sample, flush_epoch);
        if (outcome == SampleOutcome::kAppended) ++appended;
        if (outcome != SampleOutcome::kConflict) continue;
        result->Reject(RejectReason::kDuplicateTimestamp,
                       StrCat("duplicate sample for timestamp ", sample.timestamp_ms,
                              "; overrides not allowed: new value ", sample.value, ", series ",
                              series->labels().ToString()),
                       1);
      } else {
        RejectOutOfBounds(limits, sample.timestamp_ms, *series, result);
      }
      close_run(i);
      run_begin = i + 1;
    }
    close_run(write.end);
  };

  const std::vector<uint32_t> order = OrderByShard(found);
  for (size_t i = 0; i < order.size();) {
    const size_t shard = ShardNumber(*found[order[i]]);
    MutexLock lock(&shards_[shard].mutex);
    for (; i < order.size() && ShardNumber(*found[order[i]]) == shard; ++i) {
      if (i + kSeriesAhead < order.size()) found[order[i + kSeriesAhead]]->Prefetch();
      if (i + kChunkAhead < order.size()) found[order[i + kChunkAhead]]->PrefetchChunk();
      append_series(order[i]);
    }
  }
  CountAppended(appended);
}

uint64_t MetricHead::ReplaySamples(MemorySeries* series, std::span<const int64_t> timestamps_ms,
                                   std::span<const double> values) const {
  const uint32_t flush_epoch = epoch();
  uint64_t appended = 0;
  for (size_t i = 0; i < timestamps_ms.size(); ++i) {
    const SampleOutcome outcome = series->Append({timestamps_ms[i], values[i]}, flush_epoch);
    if (outcome == SampleOutcome::kAppended) ++appended;
  }
  return appended;
}

}  // namespace varve::storage
