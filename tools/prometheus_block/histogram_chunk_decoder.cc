#include <cmath>
#include <utility>

#include "tools/prometheus_block/bit_reader.h"
#include "tools/prometheus_block/chunk_decoder.h"

namespace varve::tools {
namespace {

using storage::Histogram;
using storage::HistogramSpan;

// Every sample gets a copy of the spans and bounds of its chunk: more of them together are
// nonsense.
constexpr uint64_t kCopiesMax = 1 << 24;

// What all samples of a chunk share.
struct ChunkLayout {
  bool is_gauge = false;
  Histogram empty;
  size_t positive_buckets = 0;
  size_t negative_buckets = 0;
};

double ReadZeroThreshold(BlockBitReader* reader) {
  const auto byte = static_cast<int>(reader->ReadBits(8));
  if (byte == 0) return 0;
  if (byte == 255) return reader->ReadDouble();
  return std::ldexp(0.5, byte - 243);
}

// False where there are more buckets than bits to fill them with.
bool ReadSpans(BlockBitReader* reader, std::vector<HistogramSpan>* spans, size_t* buckets) {
  const uint64_t count = reader->ReadVarbitUint();
  for (uint64_t i = 0; i < count && reader->ok(); ++i) {
    HistogramSpan span;
    const uint64_t length = reader->ReadVarbitUint();
    span.offset = static_cast<int32_t>(reader->ReadVarbitInt());
    if (length > reader->bits_left()) return false;
    span.length = static_cast<uint32_t>(length);
    *buckets += span.length;
    spans->push_back(span);
  }
  return reader->ok() && *buckets <= reader->bits_left();
}

void ReadCustomValues(BlockBitReader* reader, std::vector<double>* values) {
  const uint64_t count = reader->ReadVarbitUint();
  for (uint64_t i = 0; i < count && reader->ok(); ++i) {
    const uint64_t thousandths = reader->ReadVarbitUint();
    values->push_back(thousandths == 0 ? reader->ReadDouble()
                                       : static_cast<double>(thousandths - 1) / 1000);
  }
}

bool ReadLayout(BlockBitReader* reader, ChunkLayout* layout) {
  constexpr uint64_t kGaugeFlags = 0xc0;
  layout->is_gauge = (reader->ReadBits(8) & kGaugeFlags) == kGaugeFlags;
  Histogram& empty = layout->empty;
  empty.zero_threshold = ReadZeroThreshold(reader);
  empty.schema = static_cast<int32_t>(reader->ReadVarbitInt());
  if (!ReadSpans(reader, &empty.positive_spans, &layout->positive_buckets)) return false;
  if (!ReadSpans(reader, &empty.negative_spans, &layout->negative_buckets)) return false;
  if (empty.uses_custom_buckets()) ReadCustomValues(reader, &empty.custom_values);
  return reader->ok();
}

// An integer whose change from sample to sample is stored as the change of that change. Unsigned,
// so that nonsense wraps instead of overflowing.
struct ChangingInteger {
  uint64_t value = 0;
  uint64_t delta = 0;

  void Next(size_t index, BlockBitReader* reader) {
    const auto read = static_cast<uint64_t>(reader->ReadVarbitInt());
    delta = index == 1 ? read : delta + read;
    value += delta;
  }
};

// The numbers of integer histograms.
class IntegerColumns {
 public:
  explicit IntegerColumns(size_t buckets) : buckets_(buckets) {}

  void ReadFirst(BlockBitReader* reader) {
    count_.value = reader->ReadVarbitUint();
    zero_count_.value = reader->ReadVarbitUint();
    sum_ = XorFloat(reader->ReadDouble());
    for (ChangingInteger& bucket : buckets_) {
      bucket.value = static_cast<uint64_t>(reader->ReadVarbitInt());
    }
  }
  void ReadNext(size_t index, BlockBitReader* reader) {
    count_.Next(index, reader);
    zero_count_.Next(index, reader);
    sum_.Next(reader);
    if (storage::IsStaleMarker(sum_.value())) return;
    for (ChangingInteger& bucket : buckets_) bucket.Next(index, reader);
  }

  double count() const { return static_cast<double>(count_.value); }
  double zero_count() const { return static_cast<double>(zero_count_.value); }
  double sum() const { return sum_.value(); }
  // Each bucket is stored as its difference from the one before it.
  std::vector<double> Counts(size_t begin, size_t end) const {
    std::vector<double> counts;
    uint64_t count = 0;
    for (size_t i = begin; i < end; ++i) {
      count += buckets_[i].value;
      counts.push_back(static_cast<double>(static_cast<int64_t>(count)));
    }
    return counts;
  }

 private:
  ChangingInteger count_;
  ChangingInteger zero_count_;
  XorFloat sum_;
  std::vector<ChangingInteger> buckets_;
};

// The numbers of float histograms.
class FloatColumns {
 public:
  explicit FloatColumns(size_t buckets) : buckets_(buckets) {}

  void ReadFirst(BlockBitReader* reader) {
    count_ = XorFloat(reader->ReadDouble());
    zero_count_ = XorFloat(reader->ReadDouble());
    sum_ = XorFloat(reader->ReadDouble());
    for (XorFloat& bucket : buckets_) bucket = XorFloat(reader->ReadDouble());
  }
  void ReadNext(size_t, BlockBitReader* reader) {
    count_.Next(reader);
    zero_count_.Next(reader);
    sum_.Next(reader);
    if (storage::IsStaleMarker(sum_.value())) return;
    for (XorFloat& bucket : buckets_) bucket.Next(reader);
  }

  double count() const { return count_.value(); }
  double zero_count() const { return zero_count_.value(); }
  double sum() const { return sum_.value(); }
  std::vector<double> Counts(size_t begin, size_t end) const {
    std::vector<double> counts;
    for (size_t i = begin; i < end; ++i) counts.push_back(buckets_[i].value());
    return counts;
  }

 private:
  XorFloat count_;
  XorFloat zero_count_;
  XorFloat sum_;
  std::vector<XorFloat> buckets_;
};

template <typename Columns>
Histogram MakeHistogram(const ChunkLayout& layout, const Columns& columns, size_t index) {
  Histogram histogram;
  if (storage::IsStaleMarker(columns.sum())) {
    histogram.sum = columns.sum();  // the end of the series; the rest means nothing
  } else {
    histogram = layout.empty;
    histogram.count = columns.count();
    histogram.zero_count = columns.zero_count();
    histogram.sum = columns.sum();
    histogram.positive_counts = columns.Counts(0, layout.positive_buckets);
    histogram.negative_counts =
        columns.Counts(layout.positive_buckets, layout.positive_buckets + layout.negative_buckets);
  }
  histogram.is_float = layout.empty.is_float;
  // A reset would have begun a new chunk; at its begin it has to be looked for.
  histogram.reset_hint = layout.is_gauge ? storage::CounterResetHint::kGauge
                         : index > 0     ? storage::CounterResetHint::kNotReset
                                         : storage::CounterResetHint::kUnknown;
  return histogram;
}

template <typename Columns>
absl::Status DecodeSamples(uint64_t count, const ChunkLayout& layout, BlockBitReader* reader,
                           SeriesSamples* samples) {
  Columns columns(layout.positive_buckets + layout.negative_buckets);
  ChangingInteger time;
  for (size_t i = 0; i < count; ++i) {
    if (i == 0) {
      time.value = static_cast<uint64_t>(reader->ReadVarbitInt());
      columns.ReadFirst(reader);
    } else {
      time.Next(i, reader);
      columns.ReadNext(i, reader);
    }
    if (!reader->ok()) return ChunkDamagedError("its end before its last sample");
    samples->histograms.push_back(
        {static_cast<int64_t>(time.value), 0, MakeHistogram(layout, columns, i)});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DecodeHistogramChunk(bool is_float, std::string_view data, SeriesSamples* samples) {
  BlockBitReader reader(data);
  const uint64_t count = reader.ReadBits(16);
  ChunkLayout layout;
  layout.empty.is_float = is_float;
  if (!ReadLayout(&reader, &layout)) return ChunkDamagedError("a layout that is cut off");
  const Histogram& shared = layout.empty;
  if (count * (shared.positive_spans.size() + shared.negative_spans.size() +
               shared.custom_values.size()) >
      kCopiesMax) {
    return ChunkDamagedError("more buckets than samples could fill");
  }
  return is_float ? DecodeSamples<FloatColumns>(count, layout, &reader, samples)
                  : DecodeSamples<IntegerColumns>(count, layout, &reader, samples);
}

}  // namespace varve::tools
