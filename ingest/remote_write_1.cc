// prometheus.WriteRequest, the message of remote write 1.0.
#include <cstdint>

#include "ingest/protobuf_reader.h"
#include "ingest/remote_write_message.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using storage::Exemplar;
using storage::Sample;

// Field numbers of WriteRequest, TimeSeries, Sample, Exemplar and MetricMetadata.
constexpr uint32_t kRequestSeries = 1;
constexpr uint32_t kRequestMetadata = 3;
constexpr uint32_t kSeriesSample = 2;
constexpr uint32_t kSeriesExemplar = 3;
constexpr uint32_t kSeriesHistogram = 4;
constexpr uint32_t kSampleValue = 1;
constexpr uint32_t kSampleTimestamp = 2;
constexpr uint32_t kExemplarLabel = 1;
constexpr uint32_t kExemplarValue = 2;
constexpr uint32_t kExemplarTimestamp = 3;
constexpr uint32_t kMetadataType = 1;
constexpr uint32_t kMetadataFamily = 2;
constexpr uint32_t kMetadataHelp = 4;
constexpr uint32_t kMetadataUnit = 5;

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

absl::Status DecodeExemplar(std::string_view message, RemoteWriteRequest* request) {
  VARVE_RETURN_IF_ERROR(CheckRoom(request->batch.exemplars, "exemplars", kRemoteWriteExemplarsMax));
  Exemplar exemplar;
  LabelPairs pairs;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kExemplarLabel, WireType::kBytes)) {
      // An empty label is two bytes here and many in memory; none of them is an exemplar's.
      if (pairs.size() > kExemplarLabelCharactersMax) continue;
      auto& [name, value] = pairs.emplace_back();
      if (!ReadLabel(reader.bytes(), &name, &value)) return MalformedRequest("exemplar");
    }
    if (reader.Is(kExemplarValue, WireType::kFixed64)) exemplar.value = reader.fixed_double();
    if (reader.Is(kExemplarTimestamp, WireType::kVarint))
      exemplar.timestamp_ms = reader.signed_number();
  }
  if (!reader.ok()) return MalformedRequest("exemplar");
  if (CheckExemplarLabels(std::move(pairs), &exemplar.labels).ok()) {
    request->batch.exemplars.push_back(std::move(exemplar));
  } else {
    ++request->exemplars_dropped;
  }
  return absl::OkStatus();
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
  storage::SeriesWrite write = BeginSeries(batch);
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kSeriesLabel, WireType::kBytes)) {
      labels.Add(reader.field_begin(), reader.field_end());
    } else if (reader.Is(kSeriesSample, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(CheckRoom(batch.samples, "samples", kRemoteWriteSamplesMax));
      Sample sample;
      if (!DecodeSample(reader.bytes(), &sample)) return MalformedRequest("sample");
      batch.samples.push_back(sample);
    } else if (reader.Is(kSeriesHistogram, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(AddHistogram(reader.bytes(), request));
    } else if (reader.Is(kSeriesExemplar, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeExemplar(reader.bytes(), request));
    }
  }
  if (!reader.ok()) return MalformedRequest("series");
  EndSeries(batch, &write);
  write.raw_labels = labels.block();
  if (IsEmpty(write)) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(CheckRoom(batch.series, "series", kRemoteWriteSeriesMax));
  batch.series.push_back(write);
  return absl::OkStatus();
}

absl::Status DecodeMetadata(std::string_view message, RemoteWriteRequest* request) {
  storage::MetricMetadata metadata;
  metadata.type = MetadataTypeText(0);
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kMetadataType, WireType::kVarint))
      metadata.type = MetadataTypeText(reader.number());
    if (reader.Is(kMetadataFamily, WireType::kBytes)) metadata.family = reader.bytes();
    if (reader.Is(kMetadataHelp, WireType::kBytes)) metadata.help = reader.bytes();
    if (reader.Is(kMetadataUnit, WireType::kBytes)) metadata.unit = reader.bytes();
  }
  if (!reader.ok()) return MalformedRequest("metadata");
  if (metadata.family.empty()) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(CheckRoom(request->metadata, "metadata", kRemoteWriteMetadataMax));
  request->metadata.push_back(metadata);
  return absl::OkStatus();
}

}  // namespace

absl::Status DecodeWriteRequest1(std::string_view message, RemoteWriteRequest* request) {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kRequestSeries, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeSeries(reader.bytes(), request));
    } else if (reader.Is(kRequestMetadata, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeMetadata(reader.bytes(), request));
    }
  }
  return reader.ok() ? absl::OkStatus() : MalformedRequest("request");
}

}  // namespace varve::ingest
