// SealedChunks: the sealed chunks of one active series that are in no part yet, and which of them a
// flush is writing.
//
// A flush is a moment (an epoch of the head): BeginEpoch marks all chunks there are as flushing.
// They stay readable until EndFlush drops them, when the part that holds them is published.
//
// `Chunk` is HeadChunk or HistogramHeadChunk.
//
// Threads:  thread-compatible.
// Owns:     its chunks, with whoever reads them.
#ifndef STORAGE_METRICS_SEALED_CHUNKS_H_
#define STORAGE_METRICS_SEALED_CHUNKS_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "storage/model/time_range.h"

namespace varve::storage {

// The smallest range that includes both; an empty one of (max, min) includes nothing yet.
inline TimeRange Span(TimeRange a, TimeRange b) {
  return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

template <typename Chunk>
class SealedChunks {
 public:
  using Ptr = std::shared_ptr<const Chunk>;

  bool empty() const { return chunks_ == nullptr; }
  void Add(Ptr chunk) {
    if (chunks_ == nullptr) chunks_ = std::make_unique<std::vector<Ptr>>();
    chunks_->push_back(std::move(chunk));
  }

  // The flush epoch whose beginning it has seen last.
  uint32_t epoch() const { return epoch_; }
  // Before it the series seals what it has open.
  void BeginEpoch(uint32_t epoch) {
    epoch_ = epoch;
    flushing_ = static_cast<uint32_t>(all().size());
  }
  std::vector<Ptr> Flushing() const { return {all().begin(), all().begin() + flushing_}; }
  // `published`: the part is durable, so drop what was flushing; otherwise it is tried again.
  // Returns the number of samples dropped.
  uint64_t EndFlush(bool published) {
    uint64_t dropped = 0;
    if (published && flushing_ > 0) {
      for (uint32_t i = 0; i < flushing_; ++i) dropped += (*chunks_)[i]->sample_count();
      chunks_->erase(chunks_->begin(), chunks_->begin() + flushing_);
      if (chunks_->empty()) chunks_ = nullptr;
    }
    flushing_ = 0;
    return dropped;
  }

  // Appends those that a query of `range_ms` has to decode.
  void AddOverlapping(TimeRange range_ms, std::vector<Ptr>* overlapping) const {
    for (const Ptr& chunk : all()) {
      if (range_ms.Overlaps(chunk->SpanMs())) overlapping->push_back(chunk);
    }
  }
  // The times of all chunks; (max, min) where there are none.
  TimeRange SpanMs() const {
    TimeRange span_ms{std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()};
    for (const Ptr& chunk : all()) span_ms = Span(span_ms, chunk->SpanMs());
    return span_ms;
  }
  // The one that ends last; nullptr where there is none.
  Ptr Newest() const {
    const auto newest = std::max_element(
        all().begin(), all().end(),
        [](const Ptr& a, const Ptr& b) { return a->SpanMs().end < b->SpanMs().end; });
    return newest == all().end() ? nullptr : *newest;
  }

 private:
  const std::vector<Ptr>& all() const {
    static const std::vector<Ptr> kNone;
    return chunks_ == nullptr ? kNone : *chunks_;
  }

  uint32_t epoch_ = 0;
  uint32_t flushing_ = 0;                     // the first so many of chunks_ are being flushed
  std::unique_ptr<std::vector<Ptr>> chunks_;  // nullptr: none, as most of the time
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_SEALED_CHUNKS_H_
