#include "storage/metrics/histogram_series.h"

#include <algorithm>
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
  if (epoch != sealed_.epoch()) CutForEpoch(epoch);
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

bool HistogramSeries::HasSampleAt(int64_t timestamp_ms) const {
  if (!has_last_ || timestamp_ms > last_time_ms_) return false;
  return timestamp_ms == last_time_ms_ || Find(timestamp_ms) != nullptr;
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
  sealed_.Add(std::move(chunk));
  open_times_ms_.clear();
}

void HistogramSeries::SealOutOfOrder() {
  sealed_.Add(CopyOutOfOrder());
  out_of_order_.clear();
  out_of_order_.shrink_to_fit();
}

void HistogramSeries::CutForEpoch(uint32_t epoch) {
  if (!open_times_ms_.empty()) SealOpen();
  if (!out_of_order_.empty()) SealOutOfOrder();
  sealed_.BeginEpoch(epoch);
}

std::vector<HistogramHeadChunkPtr> HistogramSeries::Snapshot(TimeRange range_ms) const {
  std::vector<HistogramHeadChunkPtr> snapshot;
  sealed_.AddOverlapping(range_ms, &snapshot);
  if (!open_times_ms_.empty() && range_ms.Overlaps(OpenSpanMs())) snapshot.push_back(CopyOpen());
  if (!out_of_order_.empty() && range_ms.Overlaps(OutOfOrderSpanMs())) {
    snapshot.push_back(CopyOutOfOrder());
  }
  return snapshot;
}

std::vector<HistogramHeadChunkPtr> HistogramSeries::TakeFlushing(uint32_t epoch) {
  if (epoch != sealed_.epoch()) CutForEpoch(epoch);
  return sealed_.Flushing();
}

void HistogramSeries::ForgetLast() {
  if (!open_times_ms_.empty()) return;  // it is its last histogram
  if (!out_of_order_.empty()) SealOutOfOrder();
  const HistogramHeadChunkPtr newest = sealed_.Newest();
  has_last_ = newest != nullptr;
  if (!has_last_) return;
  last_time_ms_ = newest->timestamps_ms.back();
  last_forgotten_ = true;
}

TimeRange HistogramSeries::SpanMs() const {
  TimeRange span_ms = sealed_.SpanMs();
  if (!open_times_ms_.empty()) span_ms = Span(span_ms, OpenSpanMs());
  if (!out_of_order_.empty()) span_ms = Span(span_ms, OutOfOrderSpanMs());
  return span_ms;
}

uint64_t HistogramSeries::EndFlush(bool published) {
  idle_flushes_ = empty() ? static_cast<uint16_t>(std::min(idle_flushes_ + 1, 1000)) : 0;
  return sealed_.EndFlush(published);
}

}  // namespace varve::storage
