#include "storage/metrics/series_head.h"

#include <algorithm>
#include <limits>

#include "storage/metrics/histogram_series.h"
#include "storage/metrics/memory_series.h"
#include "storage/model/text.h"

namespace varve::storage {
namespace {

// A series must have been found empty by this many flushes before it leaves, so that backfill of
// old samples does not evict and create it over and over.
constexpr uint32_t kIdleFlushesMin = 2;

}  // namespace

template <typename Series>
std::vector<uint32_t> SeriesHead<Series>::OrderByShard(const std::vector<Series*>& series) {
  std::array<uint32_t, kShards + 1> starts = {};
  for (const Series* one : series) {
    if (one != nullptr) ++starts[ShardNumber(*one) + 1];
  }
  for (size_t shard = 0; shard < kShards; ++shard) starts[shard + 1] += starts[shard];
  std::vector<uint32_t> order(starts[kShards]);
  for (uint32_t i = 0; i < series.size(); ++i) {
    if (series[i] != nullptr) order[starts[ShardNumber(*series[i])]++] = i;
  }
  return order;
}

template <typename Series>
void SeriesHead<Series>::Find(const MetricBatch& batch, std::vector<Series*>* found,
                              std::vector<RawLabelHash>* hashes) const {
  const size_t count = batch.series.size();
  found->assign(count, nullptr);
  hashes->resize(count);
  ReaderLock lock(&registry_mutex_);
  for (size_t i = 0; i < count; ++i) {
    if (!Series::Concerns(batch.series[i])) continue;
    (*hashes)[i] = registry_.HashRaw(batch.series[i].raw_labels);
    registry_.PrefetchRaw((*hashes)[i]);
  }
  for (size_t i = 0; i < count; ++i) {
    if (!Series::Concerns(batch.series[i])) continue;
    (*found)[i] = registry_.FindRaw((*hashes)[i]);
    __builtin_prefetch((*found)[i], 1);
  }
}

template <typename Series>
void SeriesHead<Series>::CreateMissing(const MetricBatch& batch, const MetricAppendLimits& limits,
                                       const std::vector<RawLabelHash>& hashes,
                                       std::vector<Series*>* found, AppendResult* result) {
  std::vector<std::pair<uint32_t, LabelSet>> missing;
  for (uint32_t i = 0; i < found->size(); ++i) {
    const SeriesWrite& write = batch.series[i];
    if ((*found)[i] != nullptr || !Series::Concerns(write)) continue;
    LabelSet labels;
    const absl::Status parsed = batch.parse(write.raw_labels, &labels);
    if (parsed.ok()) {
      missing.emplace_back(i, std::move(labels));
    } else {
      result->Reject(RejectReason::kInvalidLabels, std::string(parsed.message()),
                     Series::CountOf(write));
    }
  }
  if (missing.empty()) return;
  WriterLock lock(&registry_mutex_);
  for (auto& [i, labels] : missing) {
    const SeriesWrite& write = batch.series[i];
    Series* series = registry_.FindLabels(labels);
    if (series == nullptr) {
      if (registry_.size() >= limits.series_max) {
        result->Reject(RejectReason::kSeriesLimit,
                       StrCat("cannot add series ", labels.ToString(), ": ", registry_.size(),
                              " series are active, want fewer than the limit"),
                       Series::CountOf(write));
        continue;
      }
      series = registry_.GetOrCreate(labels);
      series_created_.fetch_add(1, std::memory_order_relaxed);
    }
    registry_.AddRaw(hashes[i], series);
    (*found)[i] = series;
  }
}

template <typename Series>
void SeriesHead<Series>::FindOrCreate(const MetricBatch& batch, const MetricAppendLimits& limits,
                                      AppendResult* result, std::vector<Series*>* found) {
  std::vector<RawLabelHash> hashes;
  Find(batch, found, &hashes);
  if (std::find(found->begin(), found->end(), nullptr) != found->end()) {
    CreateMissing(batch, limits, hashes, found, result);
  }
}

template <typename Series>
void SeriesHead<Series>::RejectOutOfBounds(const MetricAppendLimits& limits, int64_t timestamp_ms,
                                           const Series& series, AppendResult* result) {
  const bool future = timestamp_ms >= limits.range_ms.end;
  result->Reject(
      future ? RejectReason::kTooFarInFuture : RejectReason::kTooOld,
      StrCat("out of bounds: timestamp ", timestamp_ms, " of series ", series.labels().ToString(),
             future ? " is too far in the future" : " is older than the retention"),
      1);
}

template <typename Series>
void SeriesHead<Series>::ReplaySeries(std::span<const LabelSetView> labels,
                                      std::vector<Series*>* series,
                                      std::vector<const Series*>* created) {
  WriterLock lock(&registry_mutex_);
  registry_.GetOrCreate(labels, series, created);
}

// Without the lock: it runs beside ReplaySeries, and nobody else uses the registry yet.
template <typename Series>
void SeriesHead<Series>::IndexReplayed(std::span<const Series* const> created)
    ABSL_NO_THREAD_SAFETY_ANALYSIS {
  registry_.Index(created);
}

template <typename Series>
std::vector<typename SeriesHead<Series>::Selected> SeriesHead<Series>::Select(
    const std::vector<Matcher>& matchers, TimeRange range_ms) const {
  std::vector<Selected> selected;
  ReaderLock eviction_lock(&eviction_mutex_);
  for (const Series* series : Match(matchers)) {
    std::vector<ChunkPtr> chunks;
    {
      MutexLock lock(&ShardOf(*series).mutex);
      chunks = series->Snapshot(range_ms);
    }
    if (!chunks.empty()) selected.push_back({LabelSet(series->labels()), std::move(chunks)});
  }
  return selected;
}

template <typename Series>
std::vector<Series*> SeriesHead<Series>::Match(const std::vector<Matcher>& matchers) const {
  ReaderLock registry_lock(&registry_mutex_);
  return registry_.Match(matchers);
}

template <typename Series>
bool SeriesHead<Series>::HasSamplesIn(TimeRange range_ms) const {
  return std::any_of(registry_.series().begin(), registry_.series().end(),
                     [&](const auto& series) { return HasSamplesIn(*series, range_ms); });
}

template <typename Series>
bool SeriesHead<Series>::HasSamplesIn(const Series& series, TimeRange range_ms) const {
  MutexLock lock(&ShardOf(series).mutex);
  const TimeRange span_ms = series.SpanMs();
  return !span_ms.empty() && span_ms.Overlaps(range_ms);
}

template <typename Series>
void SeriesHead<Series>::VisitMatching(const std::vector<Matcher>& matchers, TimeRange range_ms,
                                       absl::FunctionRef<void(LabelSetView labels)> visit) const {
  ReaderLock eviction_lock(&eviction_mutex_);
  for (const Series* series : Match(matchers)) {
    if (HasSamplesIn(*series, range_ms)) visit(series->labels());
  }
}

template <typename Series>
void SeriesHead<Series>::AddLabelNames(const std::vector<Matcher>& matchers, TimeRange range_ms,
                                       std::vector<std::string>* names) const {
  if (matchers.empty() && !has_forgotten_) {
    ReaderLock registry_lock(&registry_mutex_);
    if (HasSamplesIn(range_ms)) registry_.AddLabelNames(names);
    return;
  }
  StringViewMap<bool> seen;
  VisitMatching(matchers, range_ms, [&](LabelSetView labels) {
    for (const LabelView& label : labels) {
      if (seen.try_emplace(label.name, true).second) names->emplace_back(label.name);
    }
  });
}

template <typename Series>
void SeriesHead<Series>::AddLabelValues(std::string_view name, const std::vector<Matcher>& matchers,
                                        TimeRange range_ms,
                                        std::vector<std::string>* values) const {
  ReaderLock registry_lock(&registry_mutex_);
  if (matchers.empty() && !has_forgotten_) {
    if (HasSamplesIn(range_ms)) registry_.AddLabelValues(name, values);
    return;
  }
  registry_.AddLabelValues(
      name, matchers, [&](const Series& series) { return HasSamplesIn(series, range_ms); }, values);
}

template <typename Series>
void SeriesHead<Series>::AddSeriesLabels(TimeRange range_ms, std::vector<LabelSet>* labels) const {
  VisitMatching({}, range_ms, [&](LabelSetView one) { labels->emplace_back(one); });
}

template <typename Series>
void SeriesHead<Series>::BeginFlush() {
  epoch_.fetch_add(1, std::memory_order_acq_rel);
}

template <typename Series>
void SeriesHead<Series>::VisitFlushing(
    absl::FunctionRef<void(LabelSetView labels, std::vector<ChunkPtr> chunks)> visit) {
  // Series are not removed while a flush runs (both belong to the maintenance thread), so that the
  // pointers outlive the lock.
  std::vector<Series*> sorted;
  {
    ReaderLock lock(&registry_mutex_);
    sorted = registry_.Sorted();
  }
  const uint32_t flush_epoch = epoch();
  for (Series* series : sorted) {
    std::vector<ChunkPtr> chunks;
    {
      MutexLock lock(&ShardOf(*series).mutex);
      chunks = series->TakeFlushing(flush_epoch);
    }
    if (!chunks.empty()) visit(series->labels(), std::move(chunks));
  }
}

template <typename Series>
void SeriesHead<Series>::EndFlush(bool published) {
  std::vector<Series*> all;
  {
    ReaderLock lock(&registry_mutex_);
    all = registry_.All();
  }
  uint64_t dropped = 0;
  for (Series* series : all) {
    MutexLock lock(&ShardOf(*series).mutex);
    dropped += series->EndFlush(published);
  }
  sample_count_.fetch_sub(dropped, std::memory_order_relaxed);
}

template <typename Series>
bool SeriesHead<Series>::IsIdle(const Series& series, int64_t before_ms) {
  const bool idle = series.idle_flushes() >= kIdleFlushesMin && series.last_time_ms() < before_ms;
  return series.empty() && (idle || !series.has_last());
}

template <typename Series>
bool SeriesHead<Series>::HasIdle(int64_t before_ms) const {
  if (has_forgotten_) return true;
  ReaderLock registry_lock(&registry_mutex_);
  for (const auto& series : registry_.series()) {
    MutexLock lock(&ShardOf(*series).mutex);
    if (IsIdle(*series, before_ms)) return true;
  }
  return false;
}

template <typename Series>
std::optional<size_t> SeriesHead<Series>::EvictIdle(int64_t before_ms) {
  if (!eviction_mutex_.TryLock()) return std::nullopt;
  if (!registry_mutex_.TryLock()) {
    eviction_mutex_.Unlock();
    return std::nullopt;
  }
  size_t evicted = 0;
  for (const auto& series : registry_.series()) {
    if (!IsIdle(*series, before_ms)) continue;
    series->evicted = true;
    ++evicted;
  }
  if (evicted > 0) registry_.RemoveEvicted();
  has_forgotten_ = false;
  registry_mutex_.Unlock();
  eviction_mutex_.Unlock();
  return evicted;
}

template <typename Series>
bool SeriesHead<Series>::HasMatching(const std::vector<Matcher>& matchers,
                                     TimeRange range_ms) const {
  bool any = false;
  VisitMatching(matchers, range_ms, [&](LabelSetView) { any = true; });
  return any;
}

template <typename Series>
bool SeriesHead<Series>::HasSampleAt(LabelSetView labels, int64_t timestamp_ms) const {
  ReaderLock registry_lock(&registry_mutex_);
  const Series* const series = registry_.FindLabels(labels);
  if (series == nullptr) return false;
  MutexLock lock(&ShardOf(*series).mutex);
  return series->HasSampleAt(timestamp_ms);
}

template <typename Series>
bool SeriesHead<Series>::MarkOtherKind(LabelSetView labels) const {
  ReaderLock registry_lock(&registry_mutex_);
  Series* const series = registry_.FindLabels(labels);
  if (series == nullptr) return false;
  series->other_kind.store(OtherKind::kSome, std::memory_order_relaxed);
  return true;
}

template <typename Series>
void SeriesHead<Series>::Forget(const std::vector<Matcher>& matchers, TimeRange range_ms) {
  ReaderLock registry_lock(&registry_mutex_);
  for (Series* series : registry_.Match(matchers)) {
    MutexLock lock(&ShardOf(*series).mutex);
    if (!range_ms.Contains(series->last_time_ms())) continue;
    series->ForgetLast();
    if (series->empty()) has_forgotten_ = true;
  }
}

template <typename Series>
uint64_t SeriesHead<Series>::series_count() const {
  ReaderLock lock(&registry_mutex_);
  return registry_.size();
}

template <typename Series>
TimeRange SeriesHead<Series>::SpanMs() const {
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

template class SeriesHead<MemorySeries>;
template class SeriesHead<HistogramSeries>;

}  // namespace varve::storage
