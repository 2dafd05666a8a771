#include <algorithm>
#include <cmath>
#include <vector>

#include "server/remote_read/chunk_bit_writer.h"
#include "server/remote_read/integer_count.h"
#include "server/remote_read/sample_chunk.h"

namespace varve::server {
namespace {

using storage::CounterResetHint;
using storage::Histogram;
using storage::HistogramPtr;
using storage::HistogramSpan;

// Zero thresholds that are powers of two in this range stand in one byte.
constexpr int kThresholdExponentMin = -242;
constexpr int kThresholdExponentMax = 11;
constexpr int kThresholdByteOfZeroExponent = 243;
constexpr uint8_t kThresholdInFull = 255;
// Custom bounds that are thousandths up to this stand as integers.
constexpr double kBoundThousandthsMax = 33554430;

bool IsStale(const Histogram& histogram) { return storage::IsStaleMarker(histogram.sum); }

bool IsGauge(const Histogram& histogram) {
  return histogram.reset_hint == CounterResetHint::kGauge;
}

// Whether a chunk, which tells layout and kind once, can hold both.
bool FitOneChunk(const Histogram& a, const Histogram& b) {
  return a.is_float == b.is_float && IsGauge(a) == IsGauge(b) && storage::SameLayout(a, b);
}

bool AnyLess(const std::vector<double>& counts, const std::vector<double>& than) {
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < than[i]) return true;
  }
  return false;
}

// A reader takes all but the first of a chunk for "no reset before it".
bool IsReset(const Histogram& histogram, const Histogram& before) {
  if (IsGauge(histogram)) return false;
  return histogram.reset_hint == CounterResetHint::kReset || histogram.count < before.count ||
         histogram.zero_count < before.zero_count ||
         AnyLess(histogram.positive_counts, before.positive_counts) ||
         AnyLess(histogram.negative_counts, before.negative_counts);
}

uint8_t Flags(CounterResetHint hint) {
  switch (hint) {
    case CounterResetHint::kReset:
      return 0b1000'0000;
    case CounterResetHint::kNotReset:
      return 0b0100'0000;
    case CounterResetHint::kGauge:
      return 0b1100'0000;
    case CounterResetHint::kUnknown:
      return 0;
  }
  return 0;
}

void WriteThreshold(double threshold, ChunkBitWriter* bits) {
  if (threshold == 0) return bits->Byte(0);
  int exponent = 0;
  if (std::frexp(threshold, &exponent) == 0.5 && exponent >= kThresholdExponentMin &&
      exponent <= kThresholdExponentMax) {
    return bits->Byte(static_cast<uint8_t>(exponent + kThresholdByteOfZeroExponent));
  }
  bits->Byte(kThresholdInFull);
  bits->Float(threshold);
}

void WriteSpans(const std::vector<HistogramSpan>& spans, ChunkBitWriter* bits) {
  bits->VarbitUint(spans.size());
  for (const HistogramSpan& span : spans) {
    bits->VarbitUint(span.length);
    bits->VarbitInt(span.offset);
  }
}

void WriteBounds(const std::vector<double>& bounds, ChunkBitWriter* bits) {
  bits->VarbitUint(bounds.size());
  for (const double bound : bounds) {
    const double thousandths = std::round(bound * 1000);
    if (thousandths >= 0 && thousandths <= kBoundThousandthsMax && thousandths / 1000 == bound) {
      bits->VarbitUint(static_cast<uint64_t>(thousandths) + 1);
    } else {
      bits->Bits(0, 1);
      bits->Float(bound);
    }
  }
}

// The columns of integers, in the order of the format: time, count, zero count; then buckets, each
// as its difference to the bucket before it.
void GatherIntegers(const Histogram& histogram, std::vector<int64_t>* counts,
                    std::vector<int64_t>* buckets) {
  *counts = {IntegerCount(histogram.count), IntegerCount(histogram.zero_count)};
  buckets->clear();
  for (const std::vector<double>* side : {&histogram.positive_counts, &histogram.negative_counts}) {
    int64_t before = 0;
    for (const double count : *side) {
      const int64_t integer = IntegerCount(count);
      buckets->push_back(integer - before);
      before = integer;
    }
  }
}

// A column whose numbers are written as they are, then as deltas, then as deltas of deltas.
class DeltaColumn {
 public:
  void Write(int64_t value, ChunkBitWriter* bits) {
    const auto delta =
        static_cast<int64_t>(static_cast<uint64_t>(value) - static_cast<uint64_t>(last_));
    if (written_ == 0) {
      bits->VarbitInt(value);
    } else if (written_ == 1) {
      bits->VarbitInt(delta);
    } else {
      bits->VarbitInt(
          static_cast<int64_t>(static_cast<uint64_t>(delta) - static_cast<uint64_t>(last_delta_)));
    }
    Step(value, delta);
  }
  // The same for a count, whose first number has no sign.
  void WriteCount(int64_t value, ChunkBitWriter* bits) {
    if (written_ > 0) return Write(value, bits);
    bits->VarbitUint(static_cast<uint64_t>(value));
    Step(value, 0);
  }

 private:
  void Step(int64_t value, int64_t delta) {
    last_ = value;
    last_delta_ = delta;
    ++written_;
  }

  int64_t last_ = 0;
  int64_t last_delta_ = 0;
  size_t written_ = 0;
};

class XorColumn {
 public:
  void Write(double value, ChunkBitWriter* bits) {
    if (first_) {
      bits->Float(value);
    } else {
      bits->Xor(value, last_, &window_);
    }
    first_ = false;
    last_ = value;
  }

 private:
  XorWindow window_;
  double last_ = 0;
  bool first_ = true;
};

void WriteIntegerSamples(std::span<const int64_t> timestamps_ms,
                         std::span<const HistogramPtr> histograms, ChunkBitWriter* bits) {
  DeltaColumn time;
  DeltaColumn counts[2];
  XorColumn sum;
  std::vector<DeltaColumn> buckets;
  std::vector<int64_t> count_values;
  std::vector<int64_t> bucket_values;
  for (size_t i = 0; i < histograms.size(); ++i) {
    GatherIntegers(*histograms[i], &count_values, &bucket_values);
    buckets.resize(bucket_values.size());
    time.Write(timestamps_ms[i], bits);
    for (size_t j = 0; j < 2; ++j) counts[j].WriteCount(count_values[j], bits);
    sum.Write(histograms[i]->sum, bits);
    for (size_t j = 0; j < buckets.size(); ++j) buckets[j].Write(bucket_values[j], bits);
  }
}

void WriteFloatSamples(std::span<const int64_t> timestamps_ms,
                       std::span<const HistogramPtr> histograms, ChunkBitWriter* bits) {
  DeltaColumn time;
  XorColumn count;
  XorColumn zero_count;
  XorColumn sum;
  const size_t positive = histograms[0]->positive_counts.size();
  std::vector<XorColumn> buckets(positive + histograms[0]->negative_counts.size());
  for (size_t i = 0; i < histograms.size(); ++i) {
    const Histogram& histogram = *histograms[i];
    time.Write(timestamps_ms[i], bits);
    count.Write(histogram.count, bits);
    zero_count.Write(histogram.zero_count, bits);
    sum.Write(histogram.sum, bits);
    for (size_t j = 0; j < buckets.size(); ++j) {
      buckets[j].Write(
          j < positive ? histogram.positive_counts[j] : histogram.negative_counts[j - positive],
          bits);
    }
  }
}

}  // namespace

size_t HistogramRun(std::span<const HistogramPtr> histograms) {
  if (IsStale(*histograms[0])) return 1;
  const size_t most = std::min(histograms.size(), kChunkSamplesMax);
  size_t run = 1;
  while (run < most && !IsStale(*histograms[run]) &&
         FitOneChunk(*histograms[run], *histograms[run - 1]) &&
         !IsReset(*histograms[run], *histograms[run - 1])) {
    ++run;
  }
  return run;
}

SampleChunk EncodeHistogramChunk(std::span<const int64_t> timestamps_ms,
                                 std::span<const HistogramPtr> histograms) {
  SampleChunk chunk;
  chunk.min_time_ms = timestamps_ms.front();
  chunk.max_time_ms = timestamps_ms.back();
  const bool is_float = histograms[0]->is_float;
  chunk.encoding = is_float ? ChunkEncoding::kFloatHistogram : ChunkEncoding::kHistogram;
  std::vector<HistogramPtr> stale;
  if (IsStale(*histograms[0])) {
    // A stale marker has no buckets, whatever came with it.
    auto empty = std::make_shared<Histogram>();
    empty->sum = histograms[0]->sum;
    empty->is_float = is_float;
    empty->reset_hint = histograms[0]->reset_hint;
    stale.push_back(std::move(empty));
    histograms = stale;
  }
  const Histogram& first = *histograms[0];
  ChunkBitWriter bits;
  bits.Bits(histograms.size(), 16);
  bits.Byte(Flags(first.reset_hint));
  WriteThreshold(first.zero_threshold, &bits);
  bits.VarbitInt(first.schema);
  WriteSpans(first.positive_spans, &bits);
  WriteSpans(first.negative_spans, &bits);
  if (first.uses_custom_buckets()) WriteBounds(first.custom_values, &bits);
  if (is_float) {
    WriteFloatSamples(timestamps_ms, histograms, &bits);
  } else {
    WriteIntegerSamples(timestamps_ms, histograms, &bits);
  }
  chunk.data = bits.Take();
  return chunk;
}

}  // namespace varve::server
