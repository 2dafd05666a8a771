#include "storage/encoding/histogram_layout.h"

#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "storage/encoding/byte_writer.h"

namespace varve::storage {
namespace {

constexpr uint8_t kFlagFloat = 1;
constexpr uint8_t kFlagNegative = 2;
constexpr uint8_t kFlagCustom = 4;
constexpr uint8_t kFlagsAll = 7;

void AppendSpans(const std::vector<HistogramSpan>& spans, ByteWriter* writer) {
  writer->Varint(spans.size());
  for (const HistogramSpan& span : spans) {
    writer->ZigZag(span.offset);
    writer->Varint(span.length);
  }
}

bool ReadSpans(ByteReader* reader, std::vector<HistogramSpan>* spans, size_t* buckets) {
  uint64_t count = 0;
  if (!reader->VarintUpTo(std::min(kHistogramBucketsMax, reader->remaining()), &count)) {
    return false;
  }
  spans->resize(count);
  int64_t index = 0;
  *buckets = 0;
  for (size_t i = 0; i < count; ++i) {
    int64_t offset = 0;
    uint64_t length = 0;
    if (!reader->ZigZag(&offset) || !reader->VarintUpTo(kHistogramBucketsMax - *buckets, &length) ||
        offset < (i == 0 ? std::numeric_limits<int32_t>::min() : 0) ||
        offset > std::numeric_limits<int32_t>::max()) {
      return false;
    }
    index += offset + static_cast<int64_t>(length);
    if (index > std::numeric_limits<int32_t>::max()) return false;
    (*spans)[i] = {static_cast<int32_t>(offset), static_cast<uint32_t>(length)};
    *buckets += length;
  }
  return true;
}

}  // namespace

void AppendStripped(uint64_t bits, std::string* out) {
  const unsigned zeros = bits == 0 ? 8 : static_cast<unsigned>(std::countr_zero(bits)) / 8;
  const unsigned count = 8 - zeros;
  out->push_back(static_cast<char>(count));
  const uint64_t kept = count == 0 ? 0 : bits >> (8 * zeros);
  char bytes[sizeof(kept)];
  std::memcpy(bytes, &kept, sizeof(kept));
  out->append(bytes, count);
}

bool ReadStripped(ByteReader* reader, uint64_t* bits) {
  uint8_t count = 0;
  std::string_view bytes;
  if (!reader->U8(&count) || count > 8 || !reader->Bytes(count, &bytes)) return false;
  *bits = 0;
  std::memcpy(bits, bytes.data(), count);
  if (count > 0) *bits <<= 8 * (8 - count);
  return true;
}

void AppendHistogramLayout(const Histogram& histogram, std::string* out) {
  ByteWriter writer(out);
  writer.U8(static_cast<uint8_t>((histogram.is_float ? kFlagFloat : 0) |
                                 (histogram.negative_spans.empty() ? 0 : kFlagNegative) |
                                 (histogram.custom_values.empty() ? 0 : kFlagCustom)));
  writer.ZigZag(histogram.schema);
  AppendStripped(std::bit_cast<uint64_t>(histogram.zero_threshold), out);
  AppendSpans(histogram.positive_spans, &writer);
  if (!histogram.negative_spans.empty()) AppendSpans(histogram.negative_spans, &writer);
  if (histogram.custom_values.empty()) return;
  writer.Varint(histogram.custom_values.size());
  for (const double bound : histogram.custom_values) {
    AppendStripped(std::bit_cast<uint64_t>(bound), out);
  }
}

bool ReadHistogramLayout(ByteReader* reader, Histogram* histogram) {
  uint8_t flags = 0;
  int64_t schema = 0;
  uint64_t bits = 0;
  size_t positive = 0;
  size_t negative = 0;
  if (!reader->U8(&flags) || flags > kFlagsAll || !reader->ZigZag(&schema) ||
      schema != static_cast<int8_t>(schema) || !ReadStripped(reader, &bits) ||
      !ReadSpans(reader, &histogram->positive_spans, &positive)) {
    return false;
  }
  histogram->is_float = (flags & kFlagFloat) != 0;
  histogram->schema = static_cast<int32_t>(schema);
  histogram->zero_threshold = std::bit_cast<double>(bits);
  histogram->negative_spans.clear();
  if ((flags & kFlagNegative) != 0 && (!ReadSpans(reader, &histogram->negative_spans, &negative) ||
                                       histogram->negative_spans.empty())) {
    return false;
  }
  if (positive + negative > kHistogramBucketsMax) return false;
  histogram->custom_values.clear();
  if ((flags & kFlagCustom) != 0) {
    uint64_t bounds = 0;
    if (!reader->VarintUpTo(std::min(kHistogramBucketsMax, reader->remaining()), &bounds) ||
        bounds == 0) {
      return false;
    }
    histogram->custom_values.resize(bounds);
    for (double& bound : histogram->custom_values) {
      if (!ReadStripped(reader, &bits)) return false;
      bound = std::bit_cast<double>(bits);
    }
  }
  histogram->positive_counts.resize(positive);
  histogram->negative_counts.resize(negative);
  return true;
}

}  // namespace varve::storage
