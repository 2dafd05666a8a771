#include "tools/transfer/remote_write_body.h"

#include <cmath>
#include <vector>

#include "tools/transfer/protobuf_writer.h"

namespace varve::tools {
namespace {

using storage::Histogram;

// Field numbers of TimeSeries.
constexpr uint32_t kLabels = 1;
constexpr uint32_t kSamples = 2;
constexpr uint32_t kHistograms = 4;

void AppendSpans(uint32_t field, const std::vector<storage::HistogramSpan>& spans,
                 ProtobufWriter* writer) {
  for (const storage::HistogramSpan& span : spans) {
    std::string message;
    ProtobufWriter fields(&message);
    fields.Signed(1, span.offset);
    fields.Varint(2, span.length);
    writer->Bytes(field, message);
  }
}

void AppendDoubles(uint32_t field, const std::vector<double>& values, ProtobufWriter* writer) {
  if (values.empty()) return;
  std::string packed;
  ProtobufWriter list(&packed);
  for (const double value : values) list.AppendFixed(value);
  writer->Bytes(field, packed);
}

// Counts of integer histograms travel as differences between neighbours.
void AppendDeltas(uint32_t field, const std::vector<double>& counts, ProtobufWriter* writer) {
  if (counts.empty()) return;
  std::string packed;
  int64_t before = 0;
  for (const double count : counts) {
    const auto whole = static_cast<int64_t>(count);
    storage::AppendZigZag(whole - before, &packed);
    before = whole;
  }
  writer->Bytes(field, packed);
}

std::string HistogramMessage(const storage::HistogramSample& sample) {
  const Histogram& histogram = sample.histogram;
  std::string message;
  ProtobufWriter writer(&message);
  if (histogram.is_float) {
    writer.Double(2, histogram.count);
  } else {
    writer.Varint(1, static_cast<uint64_t>(histogram.count));
  }
  writer.Double(3, histogram.sum);
  writer.Signed(4, histogram.schema);
  writer.Double(5, histogram.zero_threshold);
  if (histogram.is_float) {
    writer.Double(7, histogram.zero_count);
  } else {
    writer.Varint(6, static_cast<uint64_t>(histogram.zero_count));
  }
  const auto append_counts = histogram.is_float ? AppendDoubles : AppendDeltas;
  AppendSpans(8, histogram.negative_spans, &writer);
  append_counts(histogram.is_float ? 10 : 9, histogram.negative_counts, &writer);
  AppendSpans(11, histogram.positive_spans, &writer);
  append_counts(histogram.is_float ? 13 : 12, histogram.positive_counts, &writer);
  writer.Varint(14, static_cast<uint64_t>(histogram.reset_hint));
  writer.Varint(15, static_cast<uint64_t>(sample.timestamp_ms));
  AppendDoubles(16, histogram.custom_values, &writer);
  return message;
}

}  // namespace

void AppendTimeSeries(const SeriesSamples& samples, std::string* body) {
  std::string series;
  ProtobufWriter writer(&series);
  std::string message;
  for (const storage::LabelView& label : samples.labels) {
    message.clear();
    ProtobufWriter fields(&message);
    fields.Bytes(1, label.name);
    fields.Bytes(2, label.value);
    writer.Bytes(kLabels, message);
  }
  for (const storage::Sample& sample : samples.floats) {
    message.clear();
    ProtobufWriter fields(&message);
    fields.Double(1, sample.value);
    fields.Varint(2, static_cast<uint64_t>(sample.timestamp_ms));
    writer.Bytes(kSamples, message);
  }
  for (const storage::HistogramSample& sample : samples.histograms) {
    writer.Bytes(kHistograms, HistogramMessage(sample));
  }
  ProtobufWriter(body).Bytes(1, series);
}

}  // namespace varve::tools
