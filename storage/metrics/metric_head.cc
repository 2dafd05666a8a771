#include "storage/metrics/metric_head.h"

#include <algorithm>
#include <limits>

#include "storage/model/text.h"

namespace varve::storage {
namespace {

// How far ahead of an append its series, and then the end of its chunk, are fetched.
constexpr size_t kSeriesAhead = 12;
constexpr size_t kChunkAhead = 6;

// A series must have been found empty by this many flushes before it leaves, so that backfill of
// old samples does not evict and create it over and over.
constexpr uint32_t kIdleFlushesMin = 2;

// Samples of a batch are visited shard by shard; this is the batch's series index in that order.
std::vector<uint32_t> OrderByShard(const std::vector<MemorySeries*>& series, size_t shards) {
  std::vector<uint32_t> starts(shards + 1);
  for (const MemorySeries* one : series) {
    if (one != nullptr) ++starts[one->ref() % shards + 1];
  }
  for (size_t shard = 0; shard < shards; ++shard) starts[shard + 1] += starts[shard];
  std::vector<uint32_t> order(starts[shards]);
  for (uint32_t i = 0; i < series.size(); ++i) {
    if (series[i] != nullptr) order[starts[series[i]->ref() % shards]++] = i;
  }
  return order;
}

}  // namespace

void MetricHead::FindSeries(const MetricBatch& batch, std::vector<MemorySeries*>* found,
                            std::vector<RawLabelHash>* hashes) const {
  const size_t count = batch.series.size();
  found->resize(count);
  hashes->resize(count);
  ReaderLock lock(&registry_mutex_);
  for (size_t i = 0; i < count; ++i) {
    (*hashes)[i] = registry_.HashRaw(batch.series[i].raw_labels);
    registry_.PrefetchRaw((*hashes)[i]);
  }
  for (size_t i = 0; i < count; ++i) {
    (*found)[i] = registry_.FindRaw((*hashes)[i]);
    __builtin_prefetch((*found)[i], 1);
  }
}

void MetricHead::CreateMissing(const MetricBatch& batch, const MetricAppendLimits& limits,
                               const std::vector<RawLabelHash>& hashes,
                               std::vector<MemorySeries*>* found, AppendResult* result) {
  std::vector<std::pair<uint32_t, LabelSet>> missing;
  for (uint32_t i = 0; i < found->size(); ++i) {
    if ((*found)[i] != nullptr) continue;
    const SeriesWrite& write = batch.series[i];
    LabelSet labels;
    const absl::Status parsed = batch.parse(write.raw_labels, &labels);
    if (parsed.ok()) {
      missing.emplace_back(i, std::move(labels));
    } else {
      result->Reject(RejectReason::kInvalidLabels, std::string(parsed.message()),
                     write.end - write.begin);
    }
  }
  if (missing.empty()) return;
  WriterLock lock(&registry_mutex_);
  for (auto& [i, labels] : missing) {
    const SeriesWrite& write = batch.series[i];
    MemorySeries* series = registry_.FindLabels(labels);
    if (series == nullptr) {
      if (registry_.size() >= limits.series_max) {
        result->Reject(RejectReason::kSeriesLimit,
                       StrCat("cannot add series ", labels.ToString(), ": ", registry_.size(),
                              " series are active, want fewer than the limit"),
                       write.end - write.begin);
        continue;
      }
      series = registry_.GetOrCreate(labels);
      series_created_.fetch_add(1, std::memory_order_relaxed);
    }
    registry_.AddRaw(hashes[i], series);
    (*found)[i] = series;
  }
}

void MetricHead::Append(const MetricBatch& batch, const MetricAppendLimits& limits,
                        AppendResult* result, std::vector<AcceptedRun>* runs,
                        std::vector<MemorySeries*>* series_of_writes) {
  std::vector<MemorySeries*>& found = *series_of_writes;
  std::vector<RawLabelHash> hashes;
  FindSeries(batch, &found, &hashes);
  if (std::find(found.begin(), found.end(), nullptr) != found.end()) {
    CreateMissing(batch, limits, hashes, &found, result);
  }

  const uint32_t epoch = epoch_.load(std::memory_order_acquire);
  uint64_t appended = 0;
  const auto append_series = [&](uint32_t index) {
    MemorySeries* series = found[index];
    const SeriesWrite& write = batch.series[index];
    uint32_t run_begin = write.begin;
    const auto close_run = [&](uint32_t end) {
      if (end > run_begin) runs->push_back({series, run_begin, end, index});
      result->accepted += end - run_begin;
    };
    for (uint32_t i = write.begin; i < write.end; ++i) {
      const Sample& sample = batch.samples[i];
      if (limits.range_ms.Contains(sample.timestamp_ms)) {
        const SampleOutcome outcome = series->Append(sample, epoch);
        if (outcome == SampleOutcome::kAppended) ++appended;
        if (outcome != SampleOutcome::kConflict) continue;
        result->Reject(RejectReason::kDuplicateTimestamp,
                       StrCat("duplicate sample for timestamp ", sample.timestamp_ms,
                              "; overrides not allowed: new value ", sample.value, ", series ",
                              series->labels().ToString()),
                       1);
      } else {
        const bool future = sample.timestamp_ms >= limits.range_ms.end;
        result->Reject(
            future ? RejectReason::kTooFarInFuture : RejectReason::kTooOld,
            StrCat("out of bounds: timestamp ", sample.timestamp_ms, " of series ",
                   series->labels().ToString(),
                   future ? " is too far in the future" : " is older than the retention"),
            1);
      }
      close_run(i);
      run_begin = i + 1;
    }
    close_run(write.end);
  };

  const std::vector<uint32_t> order = OrderByShard(found, kShards);
  for (size_t i = 0; i < order.size();) {
    const size_t shard = found[order[i]]->ref() % kShards;
    MutexLock lock(&shards_[shard].mutex);
    for (; i < order.size() && found[order[i]]->ref() % kShards == shard; ++i) {
      if (i + kSeriesAhead < order.size()) found[order[i + kSeriesAhead]]->Prefetch();
      if (i + kChunkAhead < order.size()) found[order[i + kChunkAhead]]->PrefetchChunk();
      append_series(order[i]);
    }
  }
  sample_count_.fetch_add(appended, std::memory_order_relaxed);
}

MemorySeries* MetricHead::ReplaySeries(LabelSetView labels) {
  WriterLock lock(&registry_mutex_);
  return registry_.GetOrCreate(labels);
}

void MetricHead::ReplaySamples(MemorySeries* series, std::span<const int64_t> timestamps_ms,
                               std::span<const double> values) {
  const uint32_t epoch = epoch_.load(std::memory_order_relaxed);
  uint64_t appended = 0;
  for (size_t i = 0; i < timestamps_ms.size(); ++i) {
    const SampleOutcome outcome = series->Append({timestamps_ms[i], values[i]}, epoch);
    if (outcome == SampleOutcome::kAppended) ++appended;
  }
  sample_count_.fetch_add(appended, std::memory_order_relaxed);
}

std::vector<HeadSeries> MetricHead::Select(const std::vector<Matcher>& matchers,
                                           TimeRange range_ms) const {
  std::vector<HeadSeries> selected;
  ReaderLock registry_lock(&registry_mutex_);
  for (const MemorySeries* series : registry_.Match(matchers)) {
    std::vector<HeadChunkPtr> chunks;
    {
      MutexLock lock(&ShardOf(*series).mutex);
      chunks = series->Snapshot(range_ms);
    }
    if (!chunks.empty()) selected.push_back({LabelSet(series->labels()), std::move(chunks)});
  }
  return selected;
}

bool MetricHead::HasSamplesIn(TimeRange range_ms) const {
  for (const auto& series : registry_.series()) {
    MutexLock lock(&ShardOf(*series).mutex);
    const TimeRange span_ms = series->SpanMs();
    if (!span_ms.empty() && span_ms.Overlaps(range_ms)) return true;
  }
  return false;
}

void MetricHead::VisitMatching(const std::vector<Matcher>& matchers, TimeRange range_ms,
                               absl::FunctionRef<void(LabelSetView labels)> visit) const {
  for (const MemorySeries* series : registry_.Match(matchers)) {
    TimeRange span_ms;
    {
      MutexLock lock(&ShardOf(*series).mutex);
      span_ms = series->SpanMs();
    }
    if (!span_ms.empty() && span_ms.Overlaps(range_ms)) visit(series->labels());
  }
}

void MetricHead::AddLabelNames(const std::vector<Matcher>& matchers, TimeRange range_ms,
                               std::set<std::string>* names) const {
  ReaderLock registry_lock(&registry_mutex_);
  if (matchers.empty()) {
    if (HasSamplesIn(range_ms)) registry_.AddLabelNames(names);
    return;
  }
  VisitMatching(matchers, range_ms, [&](LabelSetView labels) {
    for (const LabelView& label : labels) names->emplace(label.name);
  });
}

void MetricHead::AddLabelValues(std::string_view name, const std::vector<Matcher>& matchers,
                                TimeRange range_ms, std::set<std::string>* values) const {
  ReaderLock registry_lock(&registry_mutex_);
  if (matchers.empty()) {
    if (HasSamplesIn(range_ms)) registry_.AddLabelValues(name, values);
    return;
  }
  VisitMatching(matchers, range_ms, [&](LabelSetView labels) {
    if (const std::string_view value = labels.Get(name); !value.empty()) values->emplace(value);
  });
}

void MetricHead::BeginFlush() { epoch_.fetch_add(1, std::memory_order_acq_rel); }

void MetricHead::VisitFlushing(
    absl::FunctionRef<void(LabelSetView labels, std::vector<HeadChunkPtr> chunks)> visit) {
  // Series are not removed while a flush runs (both belong to the maintenance thread), so that the
  // pointers outlive the lock.
  std::vector<MemorySeries*> sorted;
  {
    ReaderLock lock(&registry_mutex_);
    sorted = registry_.Sorted();
  }
  const uint32_t epoch = epoch_.load(std::memory_order_acquire);
  for (MemorySeries* series : sorted) {
    std::vector<HeadChunkPtr> chunks;
    {
      MutexLock lock(&ShardOf(*series).mutex);
      chunks = series->TakeFlushing(epoch);
    }
    if (!chunks.empty()) visit(series->labels(), std::move(chunks));
  }
}

void MetricHead::EndFlush(bool published) {
  ReaderLock registry_lock(&registry_mutex_);
  uint64_t dropped = 0;
  for (const auto& series : registry_.series()) {
    MutexLock lock(&ShardOf(*series).mutex);
    dropped += series->EndFlush(published);
  }
  sample_count_.fetch_sub(dropped, std::memory_order_relaxed);
}

size_t MetricHead::EvictIdle(int64_t before_ms) {
  WriterLock lock(&registry_mutex_);
  size_t evicted = 0;
  for (const auto& series : registry_.series()) {
    if (series->empty() && series->idle_flushes() >= kIdleFlushesMin &&
        series->last_time_ms() < before_ms) {
      series->evicted = true;
      ++evicted;
    }
  }
  if (evicted > 0) registry_.RemoveEvicted();
  return evicted;
}

uint64_t MetricHead::series_count() const {
  ReaderLock lock(&registry_mutex_);
  return registry_.size();
}

TimeRange MetricHead::SpanMs() const {
  TimeRange span{std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()};
  ReaderLock registry_lock(&registry_mutex_);
  for (const auto& series : registry_.series()) {
    MutexLock lock(&ShardOf(*series).mutex);
    const TimeRange one = series->SpanMs();
    span.begin = std::min(span.begin, one.begin);
    span.end = std::max(span.end, one.end);
  }
  return span.empty() ? TimeRange{} : span;
}

}  // namespace varve::storage
