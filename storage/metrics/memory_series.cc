#include "storage/metrics/memory_series.h"

#include <algorithm>
#include <bit>

namespace varve::storage {
namespace {

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

// Looks a timestamp up in a chunk. Chunks are small, so decoding all of it is cheap
// next to how rarely an out-of-order sample comes.
bool FindInChunk(const HeadChunk& chunk, int64_t timestamp_ms, double* value) {
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
  if (!chunk.Decode(&timestamps_ms, &values).ok()) return false;
  const auto it = std::lower_bound(timestamps_ms.begin(), timestamps_ms.end(), timestamp_ms);
  if (it == timestamps_ms.end() || *it != timestamp_ms) return false;
  *value = values[static_cast<size_t>(it - timestamps_ms.begin())];
  return true;
}

}  // namespace

std::unique_ptr<const char[]> MemorySeries::MakeBlock(LabelSetView labels) {
  const std::string_view packed = labels.packed();
  const auto size = static_cast<uint32_t>(packed.size());
  std::unique_ptr<char[]> block(new char[sizeof(size) + packed.size()]);
  std::memcpy(block.get(), &size, sizeof(size));
  packed.copy(block.get() + sizeof(size), packed.size());
  return block;
}

SampleOutcome MemorySeries::Append(Sample sample, uint32_t epoch) {
  if (epoch != sealed_.epoch()) CutForEpoch(epoch);
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

bool MemorySeries::HasSampleAt(int64_t timestamp_ms) const {
  if (!has_last_ || timestamp_ms > last_time_ms_) return false;
  if (timestamp_ms == last_time_ms_) return true;
  const std::vector<HeadChunkPtr> chunks =
      Snapshot(TimeRange::Inclusive(timestamp_ms, timestamp_ms));
  return std::any_of(chunks.begin(), chunks.end(), [timestamp_ms](const HeadChunkPtr& chunk) {
    double value = 0;
    return FindInChunk(*chunk, timestamp_ms, &value);
  });
}

SampleOutcome MemorySeries::AppendOutOfOrder(Sample sample) {
  const std::vector<Sample>& late = out_of_order();
  const auto at = std::lower_bound(late.begin(), late.end(), sample.timestamp_ms,
                                   [](const Sample& stored, int64_t timestamp_ms) {
                                     return stored.timestamp_ms < timestamp_ms;
                                   });
  const ptrdiff_t position = at - late.begin();
  double found = 0;
  bool exists = false;
  if (at != late.end() && at->timestamp_ms == sample.timestamp_ms) {
    found = at->value;
    exists = true;
  }
  if (!exists) {
    std::vector<HeadChunkPtr> spanning;
    sealed_.AddOverlapping(TimeRange::Inclusive(sample.timestamp_ms, sample.timestamp_ms),
                           &spanning);
    for (size_t i = 0; !exists && i < spanning.size(); ++i) {
      exists = FindInChunk(*spanning[i], sample.timestamp_ms, &found);
    }
  }
  if (!exists && open_.count() > 0 && sample.timestamp_ms >= open_min_time_ms_) {
    exists = FindInChunk(*CopyOpen(), sample.timestamp_ms, &found);
  }
  if (exists) {
    return SameBits(found, sample.value) ? SampleOutcome::kDuplicate : SampleOutcome::kConflict;
  }
  if (out_of_order_ == nullptr) out_of_order_ = std::make_unique<std::vector<Sample>>();
  out_of_order_->insert(out_of_order_->begin() + position, sample);
  if (out_of_order_->size() >= kOutOfOrderSamplesMax) SealOutOfOrder();
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
  for (const Sample& sample : out_of_order()) encoder.Append(sample.timestamp_ms, sample.value);
  auto chunk = std::make_shared<HeadChunk>();
  chunk->min_time_ms = out_of_order().front().timestamp_ms;
  chunk->max_time_ms = out_of_order().back().timestamp_ms;
  chunk->count = static_cast<uint32_t>(out_of_order().size());
  chunk->bytes = encoder.Seal();
  return chunk;
}

void MemorySeries::SealOpen() {
  auto chunk = std::make_shared<HeadChunk>();
  chunk->min_time_ms = open_min_time_ms_;
  chunk->max_time_ms = last_time_ms_;
  chunk->count = static_cast<uint32_t>(open_.count());
  chunk->bytes = open_.Seal();
  sealed_.Add(std::move(chunk));
}

void MemorySeries::SealOutOfOrder() {
  sealed_.Add(CopyOutOfOrder());
  out_of_order_ = nullptr;
}

void MemorySeries::CutForEpoch(uint32_t epoch) {
  if (open_.count() > 0) SealOpen();
  if (!out_of_order().empty()) SealOutOfOrder();
  sealed_.BeginEpoch(epoch);
}

std::vector<HeadChunkPtr> MemorySeries::Snapshot(TimeRange range_ms) const {
  std::vector<HeadChunkPtr> snapshot;
  sealed_.AddOverlapping(range_ms, &snapshot);
  if (open_.count() > 0 && range_ms.Overlaps(OpenSpanMs())) snapshot.push_back(CopyOpen());
  if (!out_of_order().empty() && range_ms.Overlaps(OutOfOrderSpanMs())) {
    snapshot.push_back(CopyOutOfOrder());
  }
  return snapshot;
}

std::vector<HeadChunkPtr> MemorySeries::TakeFlushing(uint32_t epoch) {
  if (epoch != sealed_.epoch()) CutForEpoch(epoch);
  return sealed_.Flushing();
}

void MemorySeries::ForgetLast() {
  if (open_.count() > 0) return;  // it is its last sample
  if (!out_of_order().empty()) SealOutOfOrder();
  has_last_ = false;
  const HeadChunkPtr newest = sealed_.Newest();
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
  if (newest == nullptr || !newest->Decode(&timestamps_ms, &values).ok()) return;
  has_last_ = true;
  last_time_ms_ = timestamps_ms.back();
  last_value_ = values.back();
}

TimeRange MemorySeries::SpanMs() const {
  TimeRange span_ms = sealed_.SpanMs();
  if (open_.count() > 0) span_ms = Span(span_ms, OpenSpanMs());
  if (!out_of_order().empty()) span_ms = Span(span_ms, OutOfOrderSpanMs());
  return span_ms;
}

uint64_t MemorySeries::EndFlush(bool published) {
  idle_flushes_ = empty() ? static_cast<uint16_t>(std::min(idle_flushes_ + 1, 1000)) : 0;
  return sealed_.EndFlush(published);
}

}  // namespace varve::storage
