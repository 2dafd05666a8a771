#include "tools/transfer/remote_read.h"

#include <snappy.h>

#include <utility>

#include "ingest/compression.h"
#include "ingest/protobuf_reader.h"
#include "ingest/remote_write_histogram.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/transfer/protobuf_writer.h"

namespace varve::tools {
namespace {

using ingest::ProtobufReader;
using ingest::WireType;

absl::Status AnswerError(std::string_view found) {
  return absl::InvalidArgumentError(
      storage::StrCat("cannot read a remote-read answer: ", found, ", want a ReadResponse"));
}

absl::Status ParseLabel(std::string_view message,
                        std::vector<std::pair<std::string_view, std::string_view>>* labels) {
  std::pair<std::string_view, std::string_view> label;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(1, WireType::kBytes)) label.first = reader.bytes();
    if (reader.Is(2, WireType::kBytes)) label.second = reader.bytes();
  }
  if (!reader.ok()) return AnswerError("a broken label");
  labels->push_back(label);
  return absl::OkStatus();
}

absl::Status ParseSample(std::string_view message, std::vector<storage::Sample>* samples) {
  storage::Sample sample;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(1, WireType::kFixed64)) sample.value = reader.fixed_double();
    if (reader.Is(2, WireType::kVarint)) sample.timestamp_ms = reader.signed_number();
  }
  if (!reader.ok()) return AnswerError("a broken sample");
  samples->push_back(sample);
  return absl::OkStatus();
}

// TimeSeries: labels = 1, samples = 2, histograms = 4.
absl::Status ParseSeries(std::string_view message, SeriesSamples* series) {
  std::vector<std::pair<std::string_view, std::string_view>> labels;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.wire_type() != WireType::kBytes) continue;
    switch (reader.field()) {
      case 1:
        VARVE_RETURN_IF_ERROR(ParseLabel(reader.bytes(), &labels));
        break;
      case 2:
        VARVE_RETURN_IF_ERROR(ParseSample(reader.bytes(), &series->floats));
        break;
      case 4:
        VARVE_RETURN_IF_ERROR(ingest::DecodeHistogram(reader.bytes(), kHistogramBucketsMax,
                                                      &series->histograms.emplace_back()));
        break;
      default:
        break;
    }
  }
  if (!reader.ok()) return AnswerError("a broken series");
  series->labels = storage::LabelSet::FromPairs(std::move(labels));
  return absl::OkStatus();
}

absl::Status ParseResult(std::string_view message, std::vector<SeriesSamples>* series) {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (!reader.Is(1, WireType::kBytes)) continue;
    VARVE_RETURN_IF_ERROR(ParseSeries(reader.bytes(), &series->emplace_back()));
  }
  return reader.ok() ? absl::OkStatus() : AnswerError("a broken result");
}

}  // namespace

std::string ReadRequestBody(const std::vector<storage::Matcher>& matchers, int64_t begin_ms,
                            int64_t end_ms) {
  std::string query;
  ProtobufWriter writer(&query);
  writer.Varint(1, static_cast<uint64_t>(begin_ms));
  writer.Varint(2, static_cast<uint64_t>(end_ms));
  for (const storage::Matcher& matcher : matchers) {
    std::string message;
    ProtobufWriter fields(&message);
    // The numbers of the types are the same on the wire: =, !=, =~, !~.
    fields.Varint(1, static_cast<uint64_t>(matcher.type()));
    fields.Bytes(2, matcher.name());
    fields.Bytes(3, matcher.value());
    writer.Bytes(3, message);
  }
  std::string request;
  ProtobufWriter(&request).Bytes(1, query);
  std::string compressed;
  snappy::Compress(request.data(), request.size(), &compressed);
  return compressed;
}

absl::Status ParseReadAnswer(std::string_view compressed, std::vector<SeriesSamples>* series) {
  std::string message;
  VARVE_RETURN_IF_ERROR(ingest::DecompressSnappy(compressed, kReadAnswerBytesMax, &message));
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(1, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(ParseResult(reader.bytes(), series));
    }
  }
  return reader.ok() ? absl::OkStatus() : AnswerError("a broken message");
}

absl::StatusOr<bool> ReadAnswerSource::Next(SeriesSamples* samples) {
  if (position_ == 0) {
    if (!bytes_.starts_with(kReadAnswersBegin)) return AnswerError("another kind of file");
    position_ = kReadAnswersBegin.size();
  }
  while (next_ == series_.size()) {
    if (position_ == bytes_.size()) return false;
    uint64_t length = 0;
    const char* const end = bytes_.data() + bytes_.size();
    const size_t bytes = storage::ReadVarint(bytes_.data() + position_, end, &length);
    if (bytes == 0 || length > bytes_.size() - position_ - bytes) {
      return AnswerError(storage::StrCat("the end of the file behind byte ", position_));
    }
    series_.clear();
    next_ = 0;
    VARVE_RETURN_IF_ERROR(
        ParseReadAnswer(std::string_view(bytes_).substr(position_ + bytes, length), &series_));
    position_ += bytes + length;
  }
  *samples = std::move(series_[next_++]);
  return true;
}

double ReadAnswerSource::progress() const {
  return bytes_.empty() ? 1 : static_cast<double>(position_) / static_cast<double>(bytes_.size());
}

}  // namespace varve::tools
