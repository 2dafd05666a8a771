// MetricHead: the mutable recent window of metrics: everything that is in the WAL but in no part.
//
// Appending finds the series of a whole batch first (hash all raw label blocks, prefetch, look up;
// labels are parsed for blocks never seen before), then appends shard by shard. Series are spread
// over shards by label hash; a shard's lock guards the samples of its series.
//
// Lock order: the database's gate, registry_mutex_, one shard's mutex.
//
// Threads:  thread-safe, with these rules for callers, who hold the database's gate: Append under a
//           shared hold, BeginFlush and EvictIdle under an exclusive one. Queries need no gate.
// Owns:     its series.
#ifndef STORAGE_METRICS_METRIC_HEAD_H_
#define STORAGE_METRICS_METRIC_HEAD_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "storage/appender.h"
#include "storage/metrics/memory_series.h"
#include "storage/metrics/series_registry.h"
#include "storage/model/mutex.h"
#include "storage/model/time_range.h"

namespace varve::storage {

// What a batch may contain; samples outside are rejected.
struct MetricAppendLimits {
  TimeRange range_ms = TimeRange::All();  // accepted timestamps
  uint64_t series_max = UINT64_MAX;       // active series
};

// Accepted samples of one series: samples[begin, end) of the batch, from its series[write].
struct AcceptedRun {
  MemorySeries* series;
  uint32_t begin;
  uint32_t end;
  uint32_t write;
};

// One series of a query's view of the head.
struct HeadSeries {
  LabelSet labels;
  std::vector<HeadChunkPtr> chunks;
};

class MetricHead {
 public:
  explicit MetricHead(uint64_t hash_seed) : registry_(hash_seed) {}

  // Appends what the limits allow. Counts into `result` and, for the WAL, lists the accepted
  // samples (duplicates included: their first writer may not have reached the disk) in `runs`.
  // `*series` becomes the series of each write of the batch, nullptr where it was refused; the
  // pointers are good while the gate is held.
  void Append(const MetricBatch& batch, const MetricAppendLimits& limits, AppendResult* result,
              std::vector<AcceptedRun>* runs, std::vector<MemorySeries*>* series);

  // Replay of the WAL, before anything else runs: one thread.
  MemorySeries* ReplaySeries(LabelSetView labels);
  void ReplaySamples(MemorySeries* series, std::span<const int64_t> timestamps_ms,
                     std::span<const double> values);

  // The series that match and have samples in `range_ms`, sorted by label set.
  std::vector<HeadSeries> Select(const std::vector<Matcher>& matchers, TimeRange range_ms) const;

  // Adds label names, or the values of one name, of the series that match and have samples in
  // `range_ms`; without matchers, of all series of the head if any has samples there.
  void AddLabelNames(const std::vector<Matcher>& matchers, TimeRange range_ms,
                     std::set<std::string>* names) const;
  void AddLabelValues(std::string_view name, const std::vector<Matcher>& matchers,
                      TimeRange range_ms, std::set<std::string>* values) const;

  // A flush: BeginFlush marks all samples there are; VisitFlushing walks the series that have such
  // samples, in the order of their label sets; EndFlush drops them (or keeps them for another try).
  void BeginFlush();
  void VisitFlushing(
      absl::FunctionRef<void(LabelSetView labels, std::vector<HeadChunkPtr> chunks)> visit);
  void EndFlush(bool published);
  // Series without samples whose newest one is older than `before_ms` leave. Returns their number.
  size_t EvictIdle(int64_t before_ms);

  uint64_t series_count() const;
  uint64_t sample_count() const { return sample_count_.load(std::memory_order_relaxed); }
  uint64_t series_created_total() const { return series_created_.load(std::memory_order_relaxed); }
  // The times the samples in the head span; empty where there are none.
  TimeRange SpanMs() const;

 private:
  static constexpr size_t kShards = 16;
  struct alignas(64) Shard {
    mutable Mutex mutex;
  };

  const Shard& ShardOf(const MemorySeries& series) const { return shards_[series.ref() % kShards]; }
  bool HasSamplesIn(TimeRange range_ms) const ABSL_SHARED_LOCKS_REQUIRED(registry_mutex_);
  // Visits the series that match and have samples in the range.
  void VisitMatching(const std::vector<Matcher>& matchers, TimeRange range_ms,
                     absl::FunctionRef<void(LabelSetView labels)> visit) const
      ABSL_SHARED_LOCKS_REQUIRED(registry_mutex_);
  void FindSeries(const MetricBatch& batch, std::vector<MemorySeries*>* found,
                  std::vector<RawLabelHash>* hashes) const;
  void CreateMissing(const MetricBatch& batch, const MetricAppendLimits& limits,
                     const std::vector<RawLabelHash>& hashes, std::vector<MemorySeries*>* found,
                     AppendResult* result);

  std::array<Shard, kShards> shards_;
  mutable SharedMutex registry_mutex_;
  SeriesRegistry registry_ ABSL_GUARDED_BY(registry_mutex_);
  std::atomic<uint32_t> epoch_{1};
  std::atomic<uint64_t> sample_count_{0};
  std::atomic<uint64_t> series_created_{0};
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_HEAD_H_
