// HistogramSeries: one active series of the histogram head: MemorySeries for native histograms.
//
// Histograms newer than all before them extend the open stream, older ones collect in a side buffer
// that becomes an overlapping chunk. A flush is a moment (an epoch of the head); what is older than
// it stays readable here until its part is published.
//
// Threads:  thread-compatible; the lock of the series' shard guards it, except `labels` and `ref`,
//           which never change, and `wal_segment`, which the WAL's lock guards.
#ifndef STORAGE_METRICS_HISTOGRAM_SERIES_H_
#define STORAGE_METRICS_HISTOGRAM_SERIES_H_

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "storage/appender.h"
#include "storage/encoding/histogram_stream.h"
#include "storage/metrics/histogram_head_chunk.h"
#include "storage/metrics/other_kind.h"
#include "storage/metrics/sample_outcome.h"
#include "storage/metrics/sealed_chunks.h"
#include "storage/model/histogram.h"
#include "storage/model/label_set.h"
#include "storage/model/time_range.h"

namespace varve::storage {

// An open stream is sealed at this many histograms: half an hour at one per 15 s.
inline constexpr size_t kHistogramHeadChunkMax = 120;
// Out-of-order histograms are sealed into a chunk of their own at this many.
inline constexpr size_t kOutOfOrderHistogramsMax = 32;

class HistogramSeries {
 public:
  using ChunkPtr = HistogramHeadChunkPtr;
  // How many histograms a write has.
  static uint32_t CountOf(const SeriesWrite& write) {
    return write.histograms_end - write.histograms_begin;
  }
  static bool Concerns(const SeriesWrite& write) { return CountOf(write) > 0; }

  HistogramSeries(uint64_t ref, LabelSetView labels) : ref_(ref), labels_(labels) {}
  HistogramSeries(const HistogramSeries&) = delete;
  HistogramSeries& operator=(const HistogramSeries&) = delete;

  uint64_t ref() const { return ref_; }
  LabelSetView labels() const { return labels_; }

  // `epoch` is the head's flush epoch. REQUIRES: ValidateHistogram accepts the histogram.
  SampleOutcome Append(int64_t timestamp_ms, const Histogram& histogram, uint32_t epoch);

  // What a query of `range_ms` has to decode: sealed chunks and copies of the open ones.
  std::vector<HistogramHeadChunkPtr> Snapshot(TimeRange range_ms) const;

  // Cuts what belongs to an epoch before `epoch` and answers it; it stays here, too, until
  // EndFlush. `published`: the part is durable, so drop it; otherwise it is tried again.
  std::vector<HistogramHeadChunkPtr> TakeFlushing(uint32_t epoch);
  // Returns the number of histograms dropped.
  uint64_t EndFlush(bool published);

  // Forgets histograms that are not in the head any more: they were deleted and may come again.
  void ForgetLast();

  // Whether it has a sample at a time, as far as the head remembers.
  bool HasSampleAt(int64_t timestamp_ms) const;
  bool empty() const { return sealed_.empty() && !has_open(); }
  int64_t last_time_ms() const { return last_time_ms_; }
  // Whether it remembers its newest sample.
  bool has_last() const { return has_last_; }
  // The times its histograms in the head span.
  TimeRange SpanMs() const;
  // How many flushes in a row found it without histograms.
  uint32_t idle_flushes() const { return idle_flushes_; }

  // The WAL segment in which the series was last defined (0: none). Guarded by the WAL's lock.
  uint64_t wal_segment = 0;
  // Whether the series of the same labels is in the other head. Any thread.
  std::atomic<OtherKind> other_kind{OtherKind::kUnknown};
  // Set, under the head's gate, when the series has left the head.
  bool evicted = false;

 private:
  bool has_open() const { return !open_times_ms_.empty() || !out_of_order_.empty(); }
  TimeRange OpenSpanMs() const {
    return TimeRange::Inclusive(open_times_ms_.front(), open_times_ms_.back());
  }
  TimeRange OutOfOrderSpanMs() const {
    return TimeRange::Inclusive(out_of_order_.front().first, out_of_order_.back().first);
  }
  void CutForEpoch(uint32_t epoch);
  void SealOpen();
  void SealOutOfOrder();
  // The histogram of a timestamp that is not newer than all others; nullptr where there is none.
  HistogramPtr Find(int64_t timestamp_ms) const;
  HistogramHeadChunkPtr CopyOpen() const;
  HistogramHeadChunkPtr CopyOutOfOrder() const;

  const uint64_t ref_;
  const LabelSet labels_;
  HistogramStreamEncoder open_;  // its last() is that of last_time_ms_
  std::vector<int64_t> open_times_ms_;
  int64_t last_time_ms_ = 0;  // newest histogram ever appended; of meaning once has_last_
  uint16_t idle_flushes_ = 0;
  bool has_last_ = false;
  bool last_forgotten_ = false;  // that of last_time_ms_ is in a chunk, and open_.last() another
  SealedChunks<HistogramHeadChunk> sealed_;
  std::vector<std::pair<int64_t, HistogramPtr>> out_of_order_;  // sorted by time
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_HISTOGRAM_SERIES_H_
