#include "storage/encoding/histogram_chunk.h"

#include <algorithm>
#include <bit>
#include <memory>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/encoding/histogram_columns.h"
#include "storage/encoding/histogram_layout.h"
#include "storage/encoding/histogram_stream.h"
#include "storage/encoding/integer_codec.h"
#include "storage/encoding/value_codec.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr uint8_t kFlagResidual = 1;  // the count column has what the buckets do not add up to
constexpr unsigned kHintBits = 2;
constexpr uint64_t kHintMask = (1 << kHintBits) - 1;
// Up to here the stream is tried, too: it has no columns' heads to pay for.
constexpr size_t kStreamCountMax = 8;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(StrCat("cannot decode histogram chunk: damaged ", what));
}

struct Run {
  uint32_t value = 0;  // the layout
  uint32_t length = 0;
};

void AddToRuns(uint32_t value, std::vector<Run>* runs) {
  if (runs->empty() || runs->back().value != value) runs->push_back({value, 0});
  ++runs->back().length;
}

// All that is not a number: layouts, and which histogram has which layout and hint.
struct Shape {
  std::vector<Histogram> layouts;
  std::vector<Run> layout_runs;
  std::vector<Run> hint_runs;
};

Shape ShapeOf(std::span<const HistogramPtr> histograms) {
  Shape shape;
  uint32_t current = 0;
  for (const HistogramPtr& histogram : histograms) {
    if (shape.layouts.empty() || !SameLayout(*histogram, shape.layouts[current])) {
      const auto known =
          std::find_if(shape.layouts.begin(), shape.layouts.end(),
                       [&](const Histogram& layout) { return SameLayout(layout, *histogram); });
      current = static_cast<uint32_t>(known - shape.layouts.begin());
      if (known == shape.layouts.end()) shape.layouts.push_back(*histogram);
    }
    AddToRuns(current, &shape.layout_runs);
    AddToRuns(static_cast<uint32_t>(histogram->reset_hint), &shape.hint_runs);
  }
  return shape;
}

void AppendShape(const Shape& shape, std::string* out) {
  ByteWriter writer(out);
  writer.Varint(shape.layouts.size());
  for (const Histogram& layout : shape.layouts) AppendHistogramLayout(layout, out);
  if (shape.layouts.size() > 1) {
    writer.Varint(shape.layout_runs.size());
    for (const Run& run : shape.layout_runs) {
      writer.Varint(run.value);
      writer.Varint(run.length);
    }
  }
  writer.Varint(shape.hint_runs.size());
  for (const Run& run : shape.hint_runs) {
    writer.Varint(uint64_t{run.length} << kHintBits | run.value);
  }
}

bool ReadShape(ByteReader* reader, size_t count, Shape* shape) {
  uint64_t layouts = 0;
  if (!reader->VarintUpTo(std::min(count, reader->remaining()), &layouts) || layouts == 0) {
    return false;
  }
  shape->layouts.resize(layouts);
  for (Histogram& layout : shape->layouts) {
    if (!ReadHistogramLayout(reader, &layout)) return false;
  }
  uint64_t runs = 1;
  uint64_t left = count;
  if (layouts == 1) {
    shape->layout_runs = {{0, static_cast<uint32_t>(count)}};
  } else {
    if (!reader->VarintUpTo(count, &runs)) return false;
    for (uint64_t i = 0; i < runs; ++i) {
      uint64_t layout = 0;
      uint64_t length = 0;
      if (!reader->VarintUpTo(layouts - 1, &layout) || !reader->VarintUpTo(left, &length) ||
          length == 0) {
        return false;
      }
      shape->layout_runs.push_back({static_cast<uint32_t>(layout), static_cast<uint32_t>(length)});
      left -= length;
    }
    if (left != 0) return false;
  }
  left = count;
  if (!reader->VarintUpTo(count, &runs)) return false;
  for (uint64_t i = 0; i < runs; ++i) {
    uint64_t code = 0;
    if (!reader->VarintUpTo(left << kHintBits | kHintMask, &code) || code >> kHintBits == 0) {
      return false;
    }
    shape->hint_runs.push_back(
        {static_cast<uint32_t>(code & kHintMask), static_cast<uint32_t>(code >> kHintBits)});
    left -= code >> kHintBits;
  }
  return left == 0;
}

// Calls visit(i, run value) for each histogram.
template <typename Visit>
void ForEach(const std::vector<Run>& runs, Visit visit) {
  size_t i = 0;
  for (const Run& run : runs) {
    for (uint32_t j = 0; j < run.length; ++j) visit(i++, run.value);
  }
}

// How many values each bucket's column has, as the places where columns begin in one array of all.
std::vector<size_t> ColumnBegins(const Shape& shape, const HistogramColumns& columns) {
  std::vector<size_t> begins(columns.size() + 1);
  for (const Run& run : shape.layout_runs) {
    for (const uint32_t column : columns.Of(run.value)) begins[column + 1] += run.length;
  }
  for (size_t i = 0; i < columns.size(); ++i) begins[i + 1] += begins[i];
  return begins;
}

void AppendSized(std::span<const double> values, std::string* out) {
  static thread_local std::string encoded;
  encoded.clear();
  EncodeValues(values, &encoded);
  ByteWriter(out).SizedBytes(encoded);
}

// The count less zero bucket and buckets, modulo 2^64; false when a number is no integer.
bool ResidualOf(const Histogram& histogram, double count, int64_t* residual) {
  int64_t integer = 0;
  if (!IsExactInteger(count, &integer)) return false;
  auto rest = static_cast<uint64_t>(integer);
  if (!IsExactInteger(histogram.zero_count, &integer)) return false;
  rest -= static_cast<uint64_t>(integer);
  for (const auto* counts : {&histogram.positive_counts, &histogram.negative_counts}) {
    for (const double bucket : *counts) {
      if (!IsExactInteger(bucket, &integer)) return false;
      rest -= static_cast<uint64_t>(integer);
    }
  }
  *residual = static_cast<int64_t>(rest);
  return true;
}

void AppendCounts(std::span<const HistogramPtr> histograms, std::string* out) {
  std::vector<int64_t> residuals(histograms.size());
  std::vector<double> counts(histograms.size());
  bool has_residuals = true;
  for (size_t i = 0; i < histograms.size(); ++i) {
    counts[i] = histograms[i]->count;
    has_residuals = has_residuals && ResidualOf(*histograms[i], counts[i], &residuals[i]);
  }
  out->push_back(static_cast<char>(has_residuals ? kFlagResidual : 0));
  if (has_residuals) {
    std::string encoded;
    EncodeIntegers(residuals, &encoded);
    ByteWriter(out).SizedBytes(encoded);
  } else {
    AppendSized(counts, out);
  }
}

void EncodeColumns(std::span<const HistogramPtr> histograms, std::string* out) {
  const Shape shape = ShapeOf(histograms);
  AppendShape(shape, out);
  AppendCounts(histograms, out);
  std::vector<double> values;
  for (const HistogramPtr& histogram : histograms) values.push_back(histogram->zero_count);
  AppendSized(values, out);
  values.clear();
  for (const HistogramPtr& histogram : histograms) values.push_back(histogram->sum);
  AppendSized(values, out);

  const HistogramColumns columns(shape.layouts);
  const std::vector<size_t> begins = ColumnBegins(shape, columns);
  std::vector<size_t> next(begins.begin(), begins.end() - 1);
  values.resize(begins.back());
  ForEach(shape.layout_runs, [&](size_t i, uint32_t layout) {
    auto column = columns.Of(layout).begin();
    for (const double count : histograms[i]->positive_counts) values[next[*column++]++] = count;
    for (const double count : histograms[i]->negative_counts) values[next[*column++]++] = count;
  });
  for (size_t i = 0; i < columns.size(); ++i) {
    AppendSized(std::span(values).subspan(begins[i], begins[i + 1] - begins[i]), out);
  }
}

void EncodeStream(std::span<const HistogramPtr> histograms, std::string* out) {
  HistogramStreamEncoder encoder;
  for (const HistogramPtr& histogram : histograms) encoder.Append(*histogram);
  out->append(encoder.bytes());
}

absl::Status DecodeStream(std::string_view bytes, size_t count, size_t begin, size_t end,
                          std::vector<HistogramPtr>* out) {
  HistogramStreamDecoder decoder(bytes);
  for (size_t i = 0; i < count; ++i) {
    if (!decoder.Next()) return Damaged("stream");
    if (i >= begin && i < end) {
      out->push_back(std::make_shared<const Histogram>(decoder.histogram()));
    }
  }
  return decoder.AtEnd() ? absl::OkStatus() : Damaged("stream");
}

absl::Status ReadValues(ByteReader* reader, size_t count, double* values) {
  std::string_view bytes;
  if (!reader->SizedBytes(&bytes)) return Damaged("column");
  return DecodeValues(bytes, count, values);
}

// Reads the column of counts: of doubles, or of integers which the buckets are to be added to.
absl::Status ReadCounts(ByteReader* reader, size_t count, std::vector<double>* counts,
                        std::vector<int64_t>* residuals) {
  uint8_t flags = 0;
  if (!reader->U8(&flags) || flags > kFlagResidual) return Damaged("flags");
  if (flags != kFlagResidual) {
    counts->resize(count);
    return ReadValues(reader, count, counts->data());
  }
  std::string_view bytes;
  if (!reader->SizedBytes(&bytes)) return Damaged("column");
  VARVE_RETURN_IF_ERROR(DecodeIntegers(&bytes, count, residuals));
  return bytes.empty() ? absl::OkStatus() : Damaged("column");
}

absl::Status DecodeColumns(std::string_view bytes, size_t count, size_t begin, size_t end,
                           std::vector<HistogramPtr>* out) {
  ByteReader reader(bytes);
  Shape shape;
  if (!ReadShape(&reader, count, &shape)) return Damaged("shape");
  std::vector<double> counts;
  std::vector<int64_t> residuals;
  VARVE_RETURN_IF_ERROR(ReadCounts(&reader, count, &counts, &residuals));
  std::vector<double> zero_counts(count);
  VARVE_RETURN_IF_ERROR(ReadValues(&reader, count, zero_counts.data()));
  std::vector<double> sums(count);
  VARVE_RETURN_IF_ERROR(ReadValues(&reader, count, sums.data()));

  const HistogramColumns columns(shape.layouts);
  // Every column has its size and a codec.
  if (columns.size() > reader.remaining() / 2) return Damaged("columns");
  const std::vector<size_t> begins = ColumnBegins(shape, columns);
  std::vector<double> values(begins.back());
  for (size_t i = 0; i < columns.size(); ++i) {
    VARVE_RETURN_IF_ERROR(ReadValues(&reader, begins[i + 1] - begins[i], &values[begins[i]]));
  }
  if (!reader.AtEnd()) return Damaged("end");

  std::vector<std::shared_ptr<Histogram>> histograms(count);
  std::vector<size_t> next(begins.begin(), begins.end() - 1);
  ForEach(shape.layout_runs, [&](size_t i, uint32_t layout) {
    const std::span<const uint32_t> buckets = columns.Of(layout);
    if (i < begin || i >= end) {
      for (const uint32_t column : buckets) ++next[column];
      return;
    }
    histograms[i] = std::make_shared<Histogram>(shape.layouts[layout]);
    auto column = buckets.begin();
    for (double& bucket : histograms[i]->positive_counts) bucket = values[next[*column++]++];
    for (double& bucket : histograms[i]->negative_counts) bucket = values[next[*column++]++];
  });
  ForEach(shape.hint_runs, [&](size_t i, uint32_t hint) {
    if (histograms[i] != nullptr) histograms[i]->reset_hint = static_cast<CounterResetHint>(hint);
  });
  for (size_t i = begin; i < end; ++i) {
    Histogram& histogram = *histograms[i];
    histogram.zero_count = zero_counts[i];
    histogram.sum = sums[i];
    if (residuals.empty()) {
      histogram.count = counts[i];
    } else {
      // Residual = count - buckets, so of a count of nothing it is the buckets' negative.
      int64_t without_count = 0;
      if (!ResidualOf(histogram, 0, &without_count)) return Damaged("counts");
      histogram.count = static_cast<double>(static_cast<int64_t>(
          static_cast<uint64_t>(residuals[i]) - static_cast<uint64_t>(without_count)));
    }
    out->push_back(std::move(histograms[i]));
  }
  return absl::OkStatus();
}

bool ComesBack(std::span<const HistogramPtr> histograms, std::string_view chunk) {
  std::vector<HistogramPtr> decoded;
  if (!DecodeHistograms(chunk, histograms.size(), 0, histograms.size(), &decoded).ok()) {
    return false;
  }
  return std::equal(histograms.begin(), histograms.end(), decoded.begin(), decoded.end(),
                    [](const auto& a, const auto& b) { return SameHistogram(*a, *b); });
}

}  // namespace

HistogramCodec EncodeHistograms(std::span<const HistogramPtr> histograms, std::string* out) {
  const size_t begin = out->size();
  out->push_back(static_cast<char>(HistogramCodec::kColumns));
  EncodeColumns(histograms, out);
  bool use_stream = !ComesBack(histograms, std::string_view(*out).substr(begin));
  if (!use_stream && histograms.size() > kStreamCountMax) return HistogramCodec::kColumns;

  std::string stream(1, static_cast<char>(HistogramCodec::kStream));
  EncodeStream(histograms, &stream);
  use_stream = use_stream || stream.size() < out->size() - begin;
  if (!use_stream) return HistogramCodec::kColumns;
  out->resize(begin);
  out->append(stream);
  return HistogramCodec::kStream;
}

absl::Status DecodeHistograms(std::string_view bytes, size_t count, size_t begin, size_t end,
                              std::vector<HistogramPtr>* out) {
  if (bytes.empty() || count == 0 || count > kHistogramChunkCountMax || begin > end ||
      end > count) {
    return Damaged("head");
  }
  switch (static_cast<HistogramCodec>(bytes[0])) {
    case HistogramCodec::kColumns:
      return DecodeColumns(bytes.substr(1), count, begin, end, out);
    case HistogramCodec::kStream:
      return DecodeStream(bytes.substr(1), count, begin, end, out);
  }
  return Damaged("codec");
}

}  // namespace varve::storage
