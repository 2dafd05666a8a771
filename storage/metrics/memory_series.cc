#include "storage/metrics/memory_series.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace varve::storage {
namespace {

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

// Looks a timestamp up in a chunk that spans it. Chunks are small, so decoding all of it is cheap
// next to how rarely an out-of-order sample comes.
bool FindInChunk(const HeadChunk& chunk, int64_t timestamp_ms, double* value) {
  if (timestamp_ms < chunk.min_time_ms || timestamp_ms > chunk.max_time_ms) return false;
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
  if (!chunk.Decode(&timestamps_ms, &values).ok()) return false;
  const auto it = std::lower_bound(timestamps_ms.begin(), timestamps_ms.end(), timestamp_ms);
  if (it == timestamps_ms.end() || *it != timestamp_ms) return false;
  *value = values[static_cast<size_t>(it - timestamps_ms.begin())];
  return true;
}

}  // namespace

SampleOutcome MemorySeries::Append(Sample sample, uint32_t epoch) {
  if (epoch != epoch_) CutForEpoch(epoch);
  if (has_last_ && sample.timestamp_ms <= last_time_ms_) {
    if (sample.timestamp_ms == last_time_ms_) {
      return SameBits(sample.value, last_value_) ? SampleOutcome::kDuplicate
                                                 : SampleOutcome::kConflict;
    }
    return AppendOutOfOrder(sample);
  }
  if (open_.count() == 0) open_min_time_ms_ = sample.timestamp_ms;
  open_.Append(sample.timestamp_ms, sample.value);
  last_time_ms_ = sample.timestamp_ms;
  last_value_ = sample.value;
  has_last_ = true;
  if (open_.count() >= kHeadChunkSamplesMax) SealOpen();
  return SampleOutcome::kAppended;
}

SampleOutcome MemorySeries::AppendOutOfOrder(Sample sample) {
  const auto at = std::lower_bound(out_of_order_.begin(), out_of_order_.end(), sample.timestamp_ms,
                                   [](const Sample& stored, int64_t timestamp_ms) {
                                     return stored.timestamp_ms < timestamp_ms;
                                   });
  double found = 0;
  bool exists = false;
  if (at != out_of_order_.end() && at->timestamp_ms == sample.timestamp_ms) {
    found = at->value;
    exists = true;
  }
  for (size_t i = 0; !exists && i < chunks_.size(); ++i) {
    exists = FindInChunk(*chunks_[i], sample.timestamp_ms, &found);
  }
  if (!exists && open_.count() > 0 && sample.timestamp_ms >= open_min_time_ms_) {
    exists = FindInChunk(*CopyOpen(), sample.timestamp_ms, &found);
  }
  if (exists) {
    return SameBits(found, sample.value) ? SampleOutcome::kDuplicate : SampleOutcome::kConflict;
  }
  out_of_order_.insert(at, sample);
  if (out_of_order_.size() >= kOutOfOrderSamplesMax) SealOutOfOrder();
  return SampleOutcome::kAppended;
}

HeadChunkPtr MemorySeries::CopyOpen() const {
  auto chunk = std::make_shared<HeadChunk>();
  chunk->min_time_ms = open_min_time_ms_;
  chunk->max_time_ms = last_time_ms_;
  chunk->count = static_cast<uint32_t>(open_.count());
  chunk->bytes = std::string(open_.bytes());
  return chunk;
}

HeadChunkPtr MemorySeries::CopyOutOfOrder() const {
  GorillaEncoder encoder;
  for (const Sample& sample : out_of_order_) encoder.Append(sample.timestamp_ms, sample.value);
  auto chunk = std::make_shared<HeadChunk>();
  chunk->min_time_ms = out_of_order_.front().timestamp_ms;
  chunk->max_time_ms = out_of_order_.back().timestamp_ms;
  chunk->count = static_cast<uint32_t>(out_of_order_.size());
  chunk->bytes = encoder.Seal();
  return chunk;
}

void MemorySeries::SealOpen() {
  auto chunk = std::make_shared<HeadChunk>();
  chunk->min_time_ms = open_min_time_ms_;
  chunk->max_time_ms = last_time_ms_;
  chunk->count = static_cast<uint32_t>(open_.count());
  chunk->bytes = open_.Seal();
  chunks_.push_back(std::move(chunk));
}

void MemorySeries::SealOutOfOrder() {
  chunks_.push_back(CopyOutOfOrder());
  out_of_order_.clear();
  out_of_order_.shrink_to_fit();
}

void MemorySeries::CutForEpoch(uint32_t epoch) {
  epoch_ = epoch;
  if (open_.count() > 0) SealOpen();
  if (!out_of_order_.empty()) SealOutOfOrder();
  flushing_ = static_cast<uint32_t>(chunks_.size());
}

std::vector<HeadChunkPtr> MemorySeries::Snapshot(TimeRange range_ms) const {
  std::vector<HeadChunkPtr> snapshot;
  const auto overlaps = [&](int64_t min_time_ms, int64_t max_time_ms) {
    return range_ms.Overlaps(TimeRange::Inclusive(min_time_ms, max_time_ms));
  };
  for (const HeadChunkPtr& chunk : chunks_) {
    if (overlaps(chunk->min_time_ms, chunk->max_time_ms)) snapshot.push_back(chunk);
  }
  if (open_.count() > 0 && overlaps(open_min_time_ms_, last_time_ms_)) {
    snapshot.push_back(CopyOpen());
  }
  if (!out_of_order_.empty() &&
      overlaps(out_of_order_.front().timestamp_ms, out_of_order_.back().timestamp_ms)) {
    snapshot.push_back(CopyOutOfOrder());
  }
  return snapshot;
}

std::vector<HeadChunkPtr> MemorySeries::TakeFlushing(uint32_t epoch) {
  if (epoch != epoch_) CutForEpoch(epoch);
  return {chunks_.begin(), chunks_.begin() + flushing_};
}

void MemorySeries::ForgetLast() {
  if (open_.count() > 0) return;  // it is its last sample
  if (!out_of_order_.empty()) SealOutOfOrder();
  has_last_ = false;
  const auto newest = std::max_element(
      chunks_.begin(), chunks_.end(),
      [](const HeadChunkPtr& a, const HeadChunkPtr& b) { return a->max_time_ms < b->max_time_ms; });
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
  if (newest == chunks_.end() || !(*newest)->Decode(&timestamps_ms, &values).ok()) return;
  has_last_ = true;
  last_time_ms_ = timestamps_ms.back();
  last_value_ = values.back();
}

TimeRange MemorySeries::SpanMs() const {
  TimeRange span{std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()};
  const auto widen = [&](int64_t min_time_ms, int64_t max_time_ms) {
    span.begin = std::min(span.begin, min_time_ms);
    span.end = std::max(span.end, max_time_ms + 1);
  };
  for (const HeadChunkPtr& chunk : chunks_) widen(chunk->min_time_ms, chunk->max_time_ms);
  if (open_.count() > 0) widen(open_min_time_ms_, last_time_ms_);
  if (!out_of_order_.empty()) {
    widen(out_of_order_.front().timestamp_ms, out_of_order_.back().timestamp_ms);
  }
  return span;
}

uint64_t MemorySeries::EndFlush(bool published) {
  uint64_t dropped = 0;
  idle_flushes_ = empty() ? static_cast<uint16_t>(std::min(idle_flushes_ + 1, 1000)) : 0;
  if (published) {
    for (uint32_t i = 0; i < flushing_; ++i) dropped += chunks_[i]->count;
    chunks_.erase(chunks_.begin(), chunks_.begin() + flushing_);
    if (chunks_.empty()) chunks_.shrink_to_fit();
  }
  flushing_ = 0;
  return dropped;
}

}  // namespace varve::storage
