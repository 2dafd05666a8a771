// MemorySeries: one active series of the head: its labels, its open Gorilla chunk, and the sealed
// chunks that are not in a part yet.
//
// Samples newer than all before them extend the open chunk. Older ones collect in a small side
// buffer, which becomes an overlapping chunk of its own; reading and flushing fold them in.
//
// A flush is a moment (an epoch of the head): chunks older than it are "flushing" until the part
// that holds them is published. They stay readable all the time.
//
// Threads:  thread-compatible; the lock of the series' shard guards it, except `labels` and `ref`,
//           which never change, and `wal_segment`, which the WAL's lock guards.
#ifndef STORAGE_METRICS_MEMORY_SERIES_H_
#define STORAGE_METRICS_MEMORY_SERIES_H_

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "storage/appender.h"
#include "storage/encoding/gorilla.h"
#include "storage/metrics/head_chunk.h"
#include "storage/metrics/other_kind.h"
#include "storage/metrics/sample_outcome.h"
#include "storage/metrics/sealed_chunks.h"
#include "storage/model/label_set.h"
#include "storage/model/sample.h"

namespace varve::storage {

// An open chunk is sealed at this many samples: an hour at one sample per 15 s.
inline constexpr uint32_t kHeadChunkSamplesMax = 240;
// Out-of-order samples are sealed into a chunk of their own at this many.
inline constexpr size_t kOutOfOrderSamplesMax = 128;

class MemorySeries {
 public:
  using ChunkPtr = HeadChunkPtr;
  // How many samples of this kind a write has.
  static uint32_t CountOf(const SeriesWrite& write) { return write.end - write.begin; }
  // Whether a write is for series of this kind: those with histograms alone are not.
  static bool Concerns(const SeriesWrite& write) {
    return write.end > write.begin || write.histograms_end == write.histograms_begin;
  }

  MemorySeries(uint64_t ref, LabelSetView labels) : ref_(ref), label_block_(MakeBlock(labels)) {}
  MemorySeries(const MemorySeries&) = delete;
  MemorySeries& operator=(const MemorySeries&) = delete;

  uint64_t ref() const { return ref_; }
  LabelSetView labels() const {
    uint32_t size = 0;
    std::memcpy(&size, label_block_.get(), sizeof(size));
    return LabelSetView({label_block_.get() + sizeof(size), size});
  }

  // `epoch` is the head's flush epoch: the first append after BeginFlush cuts the open chunk.
  SampleOutcome Append(Sample sample, uint32_t epoch);

  // Bring the record, and the end of the open chunk, into the cache before an append.
  void Prefetch() const {
    __builtin_prefetch(&open_, 1);
    __builtin_prefetch(&sealed_, 1);
  }
  void PrefetchChunk() const { open_.PrefetchEnd(); }

  // What a query of `range_ms` has to decode: sealed chunks and a copy of the open ones.
  std::vector<HeadChunkPtr> Snapshot(TimeRange range_ms) const;

  // Cuts what belongs to an epoch before `epoch` and answers it; it stays here, too, until
  // EndFlush. `published`: the part is durable, so drop it; otherwise it is tried again.
  std::vector<HeadChunkPtr> TakeFlushing(uint32_t epoch);
  // Returns the number of samples dropped.
  uint64_t EndFlush(bool published);

  // Forgets samples that are not in the head any more: they were deleted and may come again.
  void ForgetLast();

  // Whether it has a sample at a time, as far as the head remembers.
  bool HasSampleAt(int64_t timestamp_ms) const;
  bool empty() const { return sealed_.empty() && !has_open(); }
  int64_t last_time_ms() const { return last_time_ms_; }
  // Whether it remembers its newest sample.
  bool has_last() const { return has_last_; }
  // The times its samples in the head span.
  TimeRange SpanMs() const;
  // How many flushes in a row found it without samples.
  uint32_t idle_flushes() const { return idle_flushes_; }

  // The WAL segment in which the series was last defined (0: none). Guarded by the WAL's lock.
  uint64_t wal_segment = 0;
  // Whether the series of the same labels is in the other head. Any thread.
  std::atomic<OtherKind> other_kind{OtherKind::kUnknown};
  // Set, under the head's gate, when the series has left the head.
  bool evicted = false;

 private:
  bool has_last_ = false;
  uint16_t idle_flushes_ = 0;

  // Out-of-order samples, sorted by time.
  const std::vector<Sample>& out_of_order() const {
    static const std::vector<Sample> kNone;
    return out_of_order_ == nullptr ? kNone : *out_of_order_;
  }
  bool has_open() const { return open_.count() > 0 || !out_of_order().empty(); }
  TimeRange OpenSpanMs() const { return TimeRange::Inclusive(open_min_time_ms_, last_time_ms_); }
  TimeRange OutOfOrderSpanMs() const {
    return TimeRange::Inclusive(out_of_order().front().timestamp_ms,
                                out_of_order().back().timestamp_ms);
  }
  static std::unique_ptr<const char[]> MakeBlock(LabelSetView labels);
  void CutForEpoch(uint32_t epoch);
  void SealOpen();
  void SealOutOfOrder();
  SampleOutcome AppendOutOfOrder(Sample sample);
  HeadChunkPtr CopyOpen() const;
  HeadChunkPtr CopyOutOfOrder() const;

  const uint64_t ref_;
  const std::unique_ptr<const char[]> label_block_;  // 4 bytes of their length, packed labels
  GorillaEncoder open_;
  int64_t open_min_time_ms_ = 0;
  int64_t last_time_ms_ = 0;  // newest sample ever appended; of meaning once has_last_
  double last_value_ = 0;
  SealedChunks<HeadChunk> sealed_;
  std::unique_ptr<std::vector<Sample>> out_of_order_;  // nullptr: none, as most of the time
};
static_assert(sizeof(MemorySeries) <= 128, "there is one for every active series");

}  // namespace varve::storage

#endif  // STORAGE_METRICS_MEMORY_SERIES_H_
