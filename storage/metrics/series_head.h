// SeriesHead: what the heads of samples and of histograms have in common: the series of the recent
// window, how a batch finds them, how queries do, and how a flush walks them.
//
// Series are spread over shards by reference; a shard's lock guards what its series hold. The
// labels of a series that was seen before are not parsed: its raw label block is hashed and known.
//
// `Series` is MemorySeries or HistogramSeries.
//
// Lock order: the database's gate, eviction_mutex_, registry_mutex_, one shard's mutex. Queries
// hold registry_mutex_ only while they match, so that new series do not wait for what comes then.
//
// Threads:  thread-safe, with these rules for callers, who hold the database's gate: appends under
//           a shared hold, BeginFlush, EvictIdle and Forget under an exclusive one. Queries need no
//           gate.
// Owns:     its series.
#ifndef STORAGE_METRICS_SERIES_HEAD_H_
#define STORAGE_METRICS_SERIES_HEAD_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "storage/appender.h"
#include "storage/metrics/series_registry.h"
#include "storage/model/mutex.h"
#include "storage/model/time_range.h"

namespace varve::storage {

// What a batch may contain; samples outside are rejected.
struct MetricAppendLimits {
  TimeRange range_ms = TimeRange::All();  // accepted timestamps
  uint64_t series_max = UINT64_MAX;       // active series
};

template <typename Series>
class SeriesHead {
 public:
  using ChunkPtr = typename Series::ChunkPtr;

  // One series of a query's view of the head.
  struct Selected {
    LabelSet labels;
    std::vector<ChunkPtr> chunks;
  };

  explicit SeriesHead(uint64_t hash_seed) : registry_(hash_seed) {}

  // Replay of the WAL, before anything else runs: each on one thread, which may be two. As
  // GetOrCreate of many and Index of SeriesRegistry: what one creates, the other is to index.
  void ReplaySeries(std::span<const LabelSetView> labels, std::vector<Series*>* series,
                    std::vector<const Series*>* created);
  void IndexReplayed(std::span<const Series* const> created);

  // The series that match and have samples in `range_ms`, sorted by label set.
  std::vector<Selected> Select(const std::vector<Matcher>& matchers, TimeRange range_ms) const;

  // Adds label names, or the values of one name, of the series that match and have samples in
  // `range_ms`; without matchers, of all series of the head if any has samples there.
  // Each once, in no particular order.
  void AddLabelNames(const std::vector<Matcher>& matchers, TimeRange range_ms,
                     std::vector<std::string>* names) const;
  void AddLabelValues(std::string_view name, const std::vector<Matcher>& matchers,
                      TimeRange range_ms, std::vector<std::string>* values) const;

  // Appends the label sets of the series that have samples in `range_ms`. They are copied, so that
  // nobody waits for what the caller does with them.
  void AddSeriesLabels(TimeRange range_ms, std::vector<LabelSet>* labels) const;

  // A flush: BeginFlush marks all samples there are; VisitFlushing walks the series that have such
  // samples, in the order of their label sets; EndFlush drops them (or keeps them for another try).
  void BeginFlush();
  void VisitFlushing(
      absl::FunctionRef<void(LabelSetView labels, std::vector<ChunkPtr> chunks)> visit);
  void EndFlush(bool published);
  // Series without samples whose newest one is older than `before_ms`, or forgotten, leave. Returns
  // their number; nullopt, and none has left, while others use the registry: the caller keeps
  // writers out, who would have to wait for long queries.
  std::optional<size_t> EvictIdle(int64_t before_ms);
  // Whether there are such series. Needs no gate.
  bool HasIdle(int64_t before_ms) const;

  // Whether a series that matches has samples in `range_ms`.
  bool HasMatching(const std::vector<Matcher>& matchers, TimeRange range_ms) const;
  // The same of one series and one time.
  bool HasSampleAt(LabelSetView labels, int64_t timestamp_ms) const;
  // Tells the series of these labels, if there is one, that the other head has one, too.
  bool MarkOtherKind(LabelSetView labels) const;
  // After a delete: series that match and whose newest sample was in `range_ms` forget it, so that
  // it can come again. Those of which the head has nothing else leave at the next EvictIdle.
  void Forget(const std::vector<Matcher>& matchers, TimeRange range_ms);

  uint64_t series_count() const;
  uint64_t sample_count() const { return sample_count_.load(std::memory_order_relaxed); }
  uint64_t series_created_total() const { return series_created_.load(std::memory_order_relaxed); }
  // The times the samples in the head span; empty where there are none.
  TimeRange SpanMs() const;

 protected:
  static constexpr size_t kShards = 16;
  struct alignas(64) Shard {
    mutable Mutex mutex;
  };

  // The series of the writes of a batch that concern this head; nullptr for the other ones, and
  // where what a write has was rejected.
  void FindOrCreate(const MetricBatch& batch, const MetricAppendLimits& limits,
                    AppendResult* result, std::vector<Series*>* found);
  // The indexes of the series that are not nullptr, shard by shard.
  static std::vector<uint32_t> OrderByShard(const std::vector<Series*>& series);
  static size_t ShardNumber(const Series& series) { return series.ref() % kShards; }
  // Rejects a sample that is outside the limits.
  static void RejectOutOfBounds(const MetricAppendLimits& limits, int64_t timestamp_ms,
                                const Series& series, AppendResult* result);

  uint32_t epoch() const { return epoch_.load(std::memory_order_acquire); }
  void CountAppended(uint64_t count) { sample_count_.fetch_add(count, std::memory_order_relaxed); }

  std::array<Shard, kShards> shards_;

 private:
  static bool IsIdle(const Series& series, int64_t before_ms);
  const Shard& ShardOf(const Series& series) const { return shards_[ShardNumber(series)]; }
  bool HasSamplesIn(TimeRange range_ms) const ABSL_SHARED_LOCKS_REQUIRED(registry_mutex_);
  bool HasSamplesIn(const Series& series, TimeRange range_ms) const;
  // The series that match. They stay while eviction_mutex_ is held.
  std::vector<Series*> Match(const std::vector<Matcher>& matchers) const
      ABSL_SHARED_LOCKS_REQUIRED(eviction_mutex_) ABSL_LOCKS_EXCLUDED(registry_mutex_);
  // Visits the series that match and have samples in the range.
  void VisitMatching(const std::vector<Matcher>& matchers, TimeRange range_ms,
                     absl::FunctionRef<void(LabelSetView labels)> visit) const
      ABSL_LOCKS_EXCLUDED(eviction_mutex_, registry_mutex_);
  void Find(const MetricBatch& batch, std::vector<Series*>* found,
            std::vector<RawLabelHash>* hashes) const;
  void CreateMissing(const MetricBatch& batch, const MetricAppendLimits& limits,
                     const std::vector<RawLabelHash>& hashes, std::vector<Series*>* found,
                     AppendResult* result);

  // Held by who uses series without the registry's lock or the gate; exclusively where series
  // leave.
  mutable SharedMutex eviction_mutex_;
  mutable SharedMutex registry_mutex_;
  SeriesRegistry<Series> registry_ ABSL_GUARDED_BY(registry_mutex_);
  // Whether a series may be registered of which everything is deleted.
  std::atomic<bool> has_forgotten_{false};
  std::atomic<uint32_t> epoch_{1};
  std::atomic<uint64_t> sample_count_{0};
  std::atomic<uint64_t> series_created_{0};
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_SERIES_HEAD_H_
