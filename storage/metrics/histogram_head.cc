#include "storage/metrics/histogram_head.h"

#include "storage/model/text.h"

namespace varve::storage {

void HistogramHead::Append(const MetricBatch& batch, const MetricAppendLimits& limits,
                           AppendResult* result, AcceptedHistograms* accepted,
                           std::vector<HistogramSeries*>* series_of_writes) {
  std::vector<HistogramSeries*>& found = *series_of_writes;
  FindOrCreate(batch, limits, result, &found);

  const uint32_t flush_epoch = epoch();
  uint64_t appended = 0;
  const auto append = [&](uint32_t write, const HistogramSample& sample) {
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
    const SampleOutcome outcome = series->Append(sample.timestamp_ms, *histogram, flush_epoch);
    if (outcome == SampleOutcome::kConflict) {
      result->Reject(RejectReason::kDuplicateTimestamp,
                     StrCat("duplicate native histogram sample for timestamp ", sample.timestamp_ms,
                            " for series ", series->labels().ToString()),
                     1);
      return;
    }
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
        append(order[i], batch.histograms[j]);
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
