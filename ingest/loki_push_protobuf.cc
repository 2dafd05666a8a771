#include "ingest/loki_push_protobuf.h"

#include "ingest/label_text.h"
#include "ingest/log_batch_builder.h"
#include "ingest/protobuf_reader.h"
#include "storage/model/text.h"
#include "storage/model/time_range.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

// Field numbers of PushRequest, StreamAdapter, EntryAdapter, Timestamp and LabelPairAdapter.
constexpr uint32_t kRequestStream = 1;
constexpr uint32_t kStreamLabels = 1;
constexpr uint32_t kStreamEntry = 2;
constexpr uint32_t kEntryTimestamp = 1;
constexpr uint32_t kEntryLine = 2;
constexpr uint32_t kEntryMetadata = 3;
constexpr uint32_t kTimestampSeconds = 1;
constexpr uint32_t kTimestampNanos = 2;
constexpr uint32_t kPairName = 1;
constexpr uint32_t kPairValue = 2;

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(
      storage::StrCat("cannot decode push request: malformed ", what));
}

absl::Status DecodeTimestamp(std::string_view message, int64_t* timestamp_ns) {
  uint64_t seconds = 0;
  uint64_t nanos = 0;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kTimestampSeconds, WireType::kVarint)) seconds = reader.number();
    if (reader.Is(kTimestampNanos, WireType::kVarint)) nanos = reader.number();
  }
  if (!reader.ok()) return Malformed("timestamp");
  int64_t whole_ns = 0;
  if (__builtin_mul_overflow(static_cast<int64_t>(seconds), storage::kNanosecondsPerSecond,
                             &whole_ns) ||
      __builtin_add_overflow(whole_ns, static_cast<int64_t>(static_cast<int32_t>(nanos)),
                             timestamp_ns)) {
    return Malformed("timestamp: it is out of range");
  }
  return absl::OkStatus();
}

absl::Status DecodeEntry(std::string_view message, LogBatchBuilder* builder) {
  int64_t timestamp_ns = 0;
  std::string_view line;
  LogBatchBuilder::Pairs metadata;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kEntryTimestamp, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeTimestamp(reader.bytes(), &timestamp_ns));
    } else if (reader.Is(kEntryLine, WireType::kBytes)) {
      line = reader.bytes();
    } else if (reader.Is(kEntryMetadata, WireType::kBytes)) {
      std::pair<std::string_view, std::string_view> label;
      ProtobufReader pair(reader.bytes());
      while (pair.Next()) {
        if (pair.Is(kPairName, WireType::kBytes)) label.first = pair.bytes();
        if (pair.Is(kPairValue, WireType::kBytes)) label.second = pair.bytes();
      }
      if (!pair.ok()) return Malformed("structured metadata");
      metadata.push_back(label);
    }
  }
  if (!reader.ok()) return Malformed("entry");
  builder->AddEntry(timestamp_ns, line, std::move(metadata));
  return absl::OkStatus();
}

absl::Status DecodeStream(std::string_view message, LogBatchBuilder* builder) {
  // Labels come first in what senders write, but a message's fields may stand in any order.
  std::string_view label_text;
  ProtobufReader labels_reader(message);
  while (labels_reader.Next()) {
    if (!labels_reader.Is(kStreamLabels, WireType::kBytes)) continue;
    label_text = labels_reader.bytes();
    break;
  }
  LabelPairs labels;
  if (const absl::Status parsed = ParseLabelText(label_text, &labels); parsed.ok()) {
    builder->BeginStream({labels.begin(), labels.end()});
  } else {
    builder->BeginUnreadableStream(storage::ToStd(parsed.message()));
  }
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kStreamEntry, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeEntry(reader.bytes(), builder));
    }
  }
  builder->EndStream();
  return reader.ok() ? absl::OkStatus() : Malformed("stream");
}

absl::Status DecodeRequest(std::string_view message, LogBatchBuilder* builder) {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kRequestStream, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeStream(reader.bytes(), builder));
    }
  }
  return reader.ok() ? absl::OkStatus() : Malformed("request");
}

}  // namespace

absl::Status DecodeLokiPushProtobuf(std::string_view message, const LokiPushOptions& options,
                                    LokiPushRequest* request) {
  LogBatchBuilder builder(options, request);
  const absl::Status status = DecodeRequest(message, &builder);
  if (!status.ok()) request->batch.Clear();
  return status;
}

}  // namespace varve::ingest
