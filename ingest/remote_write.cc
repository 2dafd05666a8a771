#include "ingest/remote_write.h"

#include <algorithm>
#include <array>

#include "ingest/compression.h"
#include "ingest/label_limits.h"
#include "ingest/protobuf_reader.h"
#include "ingest/utf8.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using storage::LabelSet;
using storage::Quote;
using storage::Sample;
using storage::StrCat;

// Field numbers of prometheus.WriteRequest, TimeSeries, Label, Sample and MetricMetadata.
constexpr uint32_t kRequestSeries = 1;
constexpr uint32_t kRequestMetadata = 3;
constexpr uint32_t kSeriesLabel = 1;
constexpr uint32_t kSeriesSample = 2;
constexpr uint32_t kSeriesExemplar = 3;
constexpr uint32_t kSeriesHistogram = 4;
constexpr uint32_t kLabelName = 1;
constexpr uint32_t kLabelValue = 2;
constexpr uint32_t kSampleValue = 1;
constexpr uint32_t kSampleTimestamp = 2;
constexpr uint32_t kMetadataType = 1;
constexpr uint32_t kMetadataFamily = 2;
constexpr uint32_t kMetadataHelp = 4;
constexpr uint32_t kMetadataUnit = 5;

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(StrCat("cannot decode remote-write request: malformed ", what));
}

std::string_view MetadataTypeText(uint64_t type) {
  static constexpr std::array<std::string_view, 8> kTypes = {
      "unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"};
  return type < kTypes.size() ? kTypes[type] : kTypes[0];
}

bool DecodeSample(std::string_view message, Sample* sample) {
  *sample = Sample{};
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kSampleValue, WireType::kFixed64)) sample->value = reader.fixed_double();
    if (reader.Is(kSampleTimestamp, WireType::kVarint))
      sample->timestamp_ms = reader.signed_number();
  }
  return reader.ok();
}

// Gathers the label fields of a series. They lie in one piece in what senders write; fields that
// stand apart are copied together.
class RawLabels {
 public:
  explicit RawLabels(std::deque<std::string>* copies) : copies_(copies) {}

  void Add(const char* begin, const char* end) {
    if (block_.empty()) {
      block_ = {begin, static_cast<size_t>(end - begin)};
    } else if (block_.data() + block_.size() == begin && !copied_) {
      block_ = {block_.data(), static_cast<size_t>(end - block_.data())};
    } else {
      if (!copied_) copies_->emplace_back(block_);
      copied_ = true;
      copies_->back().append(begin, end);
      block_ = copies_->back();
    }
  }
  std::string_view block() const { return block_; }

 private:
  std::deque<std::string>* copies_;
  std::string_view block_;
  bool copied_ = false;
};

absl::Status DecodeSeries(std::string_view message, RemoteWriteRequest* request) {
  RawLabels labels(&request->raw_labels);
  storage::MetricBatch& batch = request->batch;
  storage::SeriesWrite write;
  write.begin = static_cast<uint32_t>(batch.samples.size());
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kSeriesLabel, WireType::kBytes)) {
      labels.Add(reader.field_begin(), reader.field_end());
    } else if (reader.Is(kSeriesSample, WireType::kBytes)) {
      Sample sample;
      if (!DecodeSample(reader.bytes(), &sample)) return Malformed("sample");
      batch.samples.push_back(sample);
    } else if (reader.Is(kSeriesHistogram, WireType::kBytes)) {
      ++request->histograms;
    } else if (reader.Is(kSeriesExemplar, WireType::kBytes)) {
      ++request->exemplars;
    }
  }
  if (!reader.ok()) return Malformed("series");
  write.end = static_cast<uint32_t>(batch.samples.size());
  write.raw_labels = labels.block();
  if (write.end > write.begin) batch.series.push_back(write);
  return absl::OkStatus();
}

absl::Status DecodeMetadata(std::string_view message, RemoteWriteRequest* request) {
  MetricMetadata metadata;
  metadata.type = MetadataTypeText(0);
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kMetadataType, WireType::kVarint))
      metadata.type = MetadataTypeText(reader.number());
    if (reader.Is(kMetadataFamily, WireType::kBytes)) metadata.family = reader.bytes();
    if (reader.Is(kMetadataHelp, WireType::kBytes)) metadata.help = reader.bytes();
    if (reader.Is(kMetadataUnit, WireType::kBytes)) metadata.unit = reader.bytes();
  }
  if (!reader.ok()) return Malformed("metadata");
  if (!metadata.family.empty()) request->metadata.push_back(metadata);
  return absl::OkStatus();
}

absl::Status CheckContentType(std::string_view content_type) {
  if (content_type.empty()) return absl::OkStatus();
  std::string plain;
  for (const char c : content_type) {
    if (c != ' ') plain.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  const std::string media_type = plain.substr(0, plain.find(';'));
  const size_t proto = plain.find("proto=");
  std::string message = proto == std::string::npos ? "" : plain.substr(proto + 6);
  message = message.substr(0, message.find(';'));
  std::erase(message, '"');
  if (media_type != "application/x-protobuf" ||
      (!message.empty() && message != "prometheus.writerequest")) {
    return absl::UnimplementedError(
        StrCat("cannot decode remote-write request: content type ", content_type,
               ", want application/x-protobuf;proto=prometheus.WriteRequest"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DecodeRemoteWrite(std::string_view content_type, std::string_view content_encoding,
                               std::string_view body, RemoteWriteRequest* request) {
  VARVE_RETURN_IF_ERROR(CheckContentType(content_type));
  request->batch.Clear();
  request->batch.parse = ParseRemoteWriteLabels;
  request->metadata.clear();
  request->raw_labels.clear();
  request->histograms = 0;
  request->exemplars = 0;
  std::string_view message;
  VARVE_RETURN_IF_ERROR(Decompress(content_encoding.empty() ? "snappy" : content_encoding, body,
                                   kRemoteWriteBytesMax, &request->buffer, &message));
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kRequestSeries, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeSeries(reader.bytes(), request));
    } else if (reader.Is(kRequestMetadata, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeMetadata(reader.bytes(), request));
    }
  }
  return reader.ok() ? absl::OkStatus() : Malformed("request");
}

absl::Status ParseRemoteWriteLabels(std::string_view raw_labels, LabelSet* labels) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  ProtobufReader fields(raw_labels);
  while (fields.Next()) {
    std::string_view name;
    std::string_view value;
    ProtobufReader label(fields.bytes());
    while (label.Next()) {
      if (label.Is(kLabelName, WireType::kBytes)) name = label.bytes();
      if (label.Is(kLabelValue, WireType::kBytes)) value = label.bytes();
    }
    if (!label.ok()) return absl::InvalidArgumentError("malformed label");
    if (name.empty() || !IsUtf8(name) || name.size() > kLabelNameBytesMax) {
      return absl::InvalidArgumentError(
          StrCat("invalid label name ", Quote(name.substr(0, kLabelNameBytesMax))));
    }
    if (!IsUtf8(value)) {
      return absl::InvalidArgumentError(
          StrCat("invalid value of label ", Quote(name), ": not UTF-8"));
    }
    if (value.size() > kLabelValueBytesMax) {
      return absl::InvalidArgumentError(StrCat("invalid value of label ", Quote(name), ": ",
                                               value.size(), " bytes, want at most ",
                                               kLabelValueBytesMax));
    }
    pairs.emplace_back(name, value);
  }
  if (!fields.ok()) return absl::InvalidArgumentError("malformed labels");
  if (pairs.size() > kSeriesLabelsMax) {
    return absl::InvalidArgumentError(
        StrCat("too many labels: ", pairs.size(), ", want at most ", kSeriesLabelsMax));
  }
  std::sort(pairs.begin(), pairs.end());
  for (size_t i = 1; i < pairs.size(); ++i) {
    if (pairs[i].first == pairs[i - 1].first) {
      return absl::InvalidArgumentError(
          StrCat("duplicate label with name ", Quote(pairs[i].first)));
    }
  }
  *labels = LabelSet::FromPairs(std::move(pairs));
  if (labels->metric_name().empty()) {
    return absl::InvalidArgumentError(
        StrCat("invalid metric name \"\" in labels ", labels->ToString()));
  }
  return absl::OkStatus();
}

}  // namespace varve::ingest
