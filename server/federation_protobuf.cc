#include "server/federation_protobuf.h"

#include <vector>

#include "server/remote_read/integer_count.h"
#include "server/remote_read/protobuf_writer.h"

namespace varve::server {
namespace {

using storage::Histogram;
using storage::HistogramSpan;

// Field numbers of MetricFamily, Metric, LabelPair, Untyped, BucketSpan and Histogram.
constexpr uint32_t kFamilyName = 1;
constexpr uint32_t kFamilyType = 3;
constexpr uint32_t kFamilyMetric = 4;
constexpr uint32_t kMetricLabel = 1;
constexpr uint32_t kMetricUntyped = 5;
constexpr uint32_t kMetricTimestamp = 6;
constexpr uint32_t kMetricHistogram = 7;
constexpr uint32_t kLabelName = 1;
constexpr uint32_t kLabelValue = 2;
constexpr uint32_t kUntypedValue = 1;
constexpr uint32_t kSpanOffset = 1;
constexpr uint32_t kSpanLength = 2;
enum HistogramField : uint32_t {
  kSampleCount = 1,
  kSampleSum = 2,
  kSampleCountFloat = 4,
  kSchema = 5,
  kZeroThreshold = 6,
  kZeroCount = 7,
  kZeroCountFloat = 8,
  kNegativeSpan = 9,
  kNegativeDelta = 10,
  kNegativeCount = 11,
  kPositiveSpan = 12,
  kPositiveDelta = 13,
  kPositiveCount = 14,
};
// Numbers of MetricType.
constexpr uint64_t kTypeUntyped = 3;
constexpr uint64_t kTypeHistogram = 4;
constexpr uint64_t kTypeGaugeHistogram = 5;

void WriteLabel(std::string_view name, std::string_view value, ProtobufWriter* metric) {
  std::string pair;
  ProtobufWriter fields(&pair);
  fields.Bytes(kLabelName, name);
  fields.Bytes(kLabelValue, value);
  metric->Bytes(kMetricLabel, pair);
}

void WriteSide(const Histogram& histogram, const std::vector<HistogramSpan>& spans,
               const std::vector<double>& counts, uint32_t span_field, ProtobufWriter* message) {
  for (const HistogramSpan& span : spans) {
    std::string bytes;
    ProtobufWriter fields(&bytes);
    fields.Signed(kSpanOffset, span.offset);
    fields.Number(kSpanLength, span.length);
    message->Bytes(span_field, bytes);
  }
  // Deltas and counts stand behind the spans in the numbering of both sides.
  int64_t before = 0;
  for (const double count : counts) {
    if (histogram.is_float) {
      message->Double(span_field + 2, count);
      continue;
    }
    const int64_t integer = IntegerCount(count);
    message->Signed(span_field + 1, integer - before);
    before = integer;
  }
}

std::string HistogramMessage(const Histogram& histogram) {
  std::string bytes;
  ProtobufWriter message(&bytes);
  message.Double(kSampleSum, histogram.sum);
  message.Signed(kSchema, histogram.schema);
  message.Double(kZeroThreshold, histogram.zero_threshold);
  if (histogram.is_float) {
    message.Double(kSampleCountFloat, histogram.count);
    message.Double(kZeroCountFloat, histogram.zero_count);
  } else {
    message.Int64(kSampleCount, IntegerCount(histogram.count));
    message.Int64(kZeroCount, IntegerCount(histogram.zero_count));
  }
  static_assert(kNegativeSpan + 1 == kNegativeDelta && kNegativeSpan + 2 == kNegativeCount);
  static_assert(kPositiveSpan + 1 == kPositiveDelta && kPositiveSpan + 2 == kPositiveCount);
  WriteSide(histogram, histogram.negative_spans, histogram.negative_counts, kNegativeSpan,
            &message);
  WriteSide(histogram, histogram.positive_spans, histogram.positive_counts, kPositiveSpan,
            &message);
  // A span of no length tells a reader that a histogram without buckets is a native one.
  if (histogram.positive_spans.empty() && histogram.negative_spans.empty()) {
    std::string span;
    ProtobufWriter(&span).Number(kSpanLength, 0);
    message.Bytes(kPositiveSpan, span);
  }
  return bytes;
}

uint64_t TypeOf(const Histogram* histogram) {
  if (histogram == nullptr) return kTypeUntyped;
  return histogram->reset_hint == storage::CounterResetHint::kGauge ? kTypeGaugeHistogram
                                                                    : kTypeHistogram;
}

}  // namespace

void FederationProtobufWriter::Sample(storage::LabelSetView labels, int64_t timestamp_ms,
                                      double value, const Histogram* histogram) {
  if (histogram != nullptr && histogram->uses_custom_buckets()) return;
  const uint64_t type = TypeOf(histogram);
  if (metrics_.empty() || name_ != labels.metric_name() || type_ != type) {
    Close();
    name_ = labels.metric_name();
    type_ = type;
  }
  std::string bytes;
  ProtobufWriter metric(&bytes);
  for (const storage::LabelView label : labels) {
    if (label.name != storage::kMetricNameLabel) WriteLabel(label.name, label.value, &metric);
  }
  if (!labels.Has("instance")) WriteLabel("instance", "", &metric);
  if (histogram != nullptr) {
    metric.Bytes(kMetricHistogram, HistogramMessage(*histogram));
  } else {
    std::string untyped;
    ProtobufWriter(&untyped).Double(kUntypedValue, value);
    metric.Bytes(kMetricUntyped, untyped);
  }
  metric.Int64(kMetricTimestamp, timestamp_ms);
  ProtobufWriter(&metrics_).Bytes(kFamilyMetric, bytes);
}

void FederationProtobufWriter::Close() {
  if (metrics_.empty()) return;
  std::string family;
  ProtobufWriter fields(&family);
  fields.Bytes(kFamilyName, name_);
  fields.Number(kFamilyType, type_);
  family += metrics_;
  AppendUvarint(family.size(), out_);
  out_->append(family);
  metrics_.clear();
}

}  // namespace varve::server
