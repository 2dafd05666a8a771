#include "storage/metrics/histogram_series.h"

#include <algorithm>
#include <limits>
#include <memory>

namespace varve::storage {

namespace {

// Whether a histogram that comes again is the one that is stored. Its hint does not count: that is
// what the sender knew of the histogram before, which a sender that was restarted has forgotten.
SampleOutcome OutcomeOfRepeat(const Histogram& repeated, const Histogram& stored) {
  Histogram copy = repeated;
  copy.reset_hint = stored.reset_hint;
  return SameHistogram(copy, stored) ? SampleOutcome::kDuplicate : SampleOutcome::kConflict;
}

}  // namespace

SampleOutcome HistogramSeries::Append(int64_t timestamp_ms, const Histogram& histogram,
                                      uint32_t epoch) {
  if (epoch != epoch_) CutForEpoch(epoch);
  if (has_last_ && timestamp_ms <= last_time_ms_) {
    if (timestamp_ms == last_time_ms_ && !last_forgotten_) {
      return OutcomeOfRepeat(histogram, open_.last());
    }
    if (const HistogramPtr found = Find(timestamp_ms)) return OutcomeOfRepeat(histogram, *found);
    const auto at = std::lower_bound(
        out_of_order_.begin(), out_of_order_.end(), timestamp_ms,
        [](const auto& stored, int64_t wanted_ms) { return stored.first < wanted_ms; });
    out_of_order_.insert(at, {timestamp_ms, std::make_shared<const Histogram>(histogram)});
    if (out_of_order_.size() >= kOutOfOrderHistogramsMax) SealOutOfOrder();
    return SampleOutcome::kAppended;
  }
  open_.Append(histogram);
  open_times_ms_.push_back(timestamp_ms);
  last_time_ms_ = timestamp_ms;
  has_last_ = true;
  last_forgotten_ = false;
  if (open_times_ms_.size() >= kHistogramHeadChunkMax) SealOpen();
  return SampleOutcome::kAppended;
}

HistogramPtr HistogramSeries::Find(int64_t timestamp_ms) const {
  for (const HistogramHeadChunkPtr& chunk :
       Snapshot(TimeRange::Inclusive(timestamp_ms, timestamp_ms))) {
    std::vector<int64_t> timestamps_ms;
    std::vector<HistogramPtr> histograms;
    const TimeRange range_ms = TimeRange::Inclusive(timestamp_ms, timestamp_ms);
    if (DecodeHistogramChunks({chunk}, range_ms, &timestamps_ms, &histograms).ok() &&
        !histograms.empty()) {
      return histograms.front();
    }
  }
  return nullptr;
}

HistogramHeadChunkPtr HistogramSeries::CopyOpen() const {
  auto chunk = std::make_shared<HistogramHeadChunk>();
  chunk->timestamps_ms = open_times_ms_;
  chunk->bytes = std::string(open_.bytes());
  return chunk;
}

HistogramHeadChunkPtr HistogramSeries::CopyOutOfOrder() const {
  auto chunk = std::make_shared<HistogramHeadChunk>();
  HistogramStreamEncoder encoder;
  for (const auto& [timestamp_ms, histogram] : out_of_order_) {
    chunk->timestamps_ms.push_back(timestamp_ms);
    encoder.Append(*histogram);
  }
  chunk->bytes = encoder.Seal();
  return chunk;
}

void HistogramSeries::SealOpen() {
  auto chunk = std::make_shared<HistogramHeadChunk>();
  chunk->timestamps_ms = open_times_ms_;  // as large as it must be
  chunk->bytes = open_.Seal();
  chunks_.push_back(std::move(chunk));
  open_times_ms_.clear();
}

void HistogramSeries::SealOutOfOrder() {
  chunks_.push_back(CopyOutOfOrder());
  out_of_order_.clear();
  out_of_order_.shrink_to_fit();
}

void HistogramSeries::CutForEpoch(uint32_t epoch) {
  epoch_ = epoch;
  if (!open_times_ms_.empty()) SealOpen();
  if (!out_of_order_.empty()) SealOutOfOrder();
  flushing_ = static_cast<uint32_t>(chunks_.size());
}

std::vector<HistogramHeadChunkPtr> HistogramSeries::Snapshot(TimeRange range_ms) const {
  std::vector<HistogramHeadChunkPtr> snapshot;
  const auto overlaps = [&](int64_t min_time_ms, int64_t max_time_ms) {
    return range_ms.Overlaps(TimeRange::Inclusive(min_time_ms, max_time_ms));
  };
  for (const HistogramHeadChunkPtr& chunk : chunks_) {
    if (overlaps(chunk->min_time_ms(), chunk->max_time_ms())) snapshot.push_back(chunk);
  }
  if (!open_times_ms_.empty() && overlaps(open_times_ms_.front(), open_times_ms_.back())) {
    snapshot.push_back(CopyOpen());
  }
  if (!out_of_order_.empty() && overlaps(out_of_order_.front().first, out_of_order_.back().first)) {
    snapshot.push_back(CopyOutOfOrder());
  }
  return snapshot;
}

std::vector<HistogramHeadChunkPtr> HistogramSeries::TakeFlushing(uint32_t epoch) {
  if (epoch != epoch_) CutForEpoch(epoch);
  return {chunks_.begin(), chunks_.begin() + flushing_};
}

void HistogramSeries::ForgetLast() {
  if (!open_times_ms_.empty()) return;  // it is its last histogram
  if (!out_of_order_.empty()) SealOutOfOrder();
  has_last_ = false;
  const auto newest =
      std::max_element(chunks_.begin(), chunks_.end(),
                       [](const HistogramHeadChunkPtr& a, const HistogramHeadChunkPtr& b) {
                         return a->max_time_ms() < b->max_time_ms();
                       });
  if (newest == chunks_.end()) return;
  has_last_ = true;
  last_time_ms_ = (*newest)->max_time_ms();
  last_forgotten_ = true;
}

TimeRange HistogramSeries::SpanMs() const {
  TimeRange span{std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()};
  const auto widen = [&](int64_t min_time_ms, int64_t max_time_ms) {
    span.begin = std::min(span.begin, min_time_ms);
    span.end = std::max(span.end, TimeRange::Inclusive(min_time_ms, max_time_ms).end);
  };
  for (const HistogramHeadChunkPtr& chunk : chunks_) {
    widen(chunk->min_time_ms(), chunk->max_time_ms());
  }
  if (!open_times_ms_.empty()) widen(open_times_ms_.front(), open_times_ms_.back());
  if (!out_of_order_.empty()) widen(out_of_order_.front().first, out_of_order_.back().first);
  return span;
}

uint64_t HistogramSeries::EndFlush(bool published) {
  uint64_t dropped = 0;
  idle_flushes_ = empty() ? static_cast<uint16_t>(std::min(idle_flushes_ + 1, 1000)) : 0;
  if (published) {
    for (uint32_t i = 0; i < flushing_; ++i) dropped += chunks_[i]->timestamps_ms.size();
    chunks_.erase(chunks_.begin(), chunks_.begin() + flushing_);
    if (chunks_.empty()) chunks_.shrink_to_fit();
  }
  flushing_ = 0;
  return dropped;
}

}  // namespace varve::storage
