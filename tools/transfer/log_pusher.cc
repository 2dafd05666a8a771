#include "tools/transfer/log_pusher.h"

#include <snappy.h>

#include <algorithm>

#include "storage/model/time_range.h"
#include "storage/status_macros.h"
#include "tools/transfer/protobuf_writer.h"

namespace varve::tools {
namespace {

using storage::StrAppend;

// EntryAdapter: timestamp, line, structured metadata.
void AppendEntry(const LogEntry& entry, std::string* out) {
  std::string message;
  ProtobufWriter writer(&message);
  std::string timestamp;
  ProtobufWriter time(&timestamp);
  const int64_t seconds = storage::FloorDivide(entry.timestamp_ns, storage::kNanosecondsPerSecond);
  time.Varint(1, static_cast<uint64_t>(seconds));
  time.Varint(2,
              static_cast<uint64_t>(entry.timestamp_ns - seconds * storage::kNanosecondsPerSecond));
  writer.Bytes(1, timestamp);
  writer.Bytes(2, entry.line);
  for (const auto& [name, value] : entry.metadata) {
    std::string pair;
    ProtobufWriter pair_writer(&pair);
    pair_writer.Bytes(1, name);
    pair_writer.Bytes(2, value);
    writer.Bytes(3, pair);
  }
  ProtobufWriter(out).Bytes(2, message);
}

}  // namespace

std::string LogLabelsText(LogLabels labels) {
  std::sort(labels.begin(), labels.end());
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    StrAppend(&text, text.size() > 1 ? ", " : "", name, "=", storage::Quote(value));
  }
  return text + "}";
}

absl::Status LogPusher::Write(const LogEntry& entry) {
  const std::string labels = LogLabelsText(entry.labels);
  const auto [place, is_new] = index_.try_emplace(labels, streams_.size());
  if (is_new) streams_.push_back({labels, {}});
  std::string* entries = &streams_[place->second].entries;
  const size_t before = entries->size();
  AppendEntry(entry, entries);
  batch_bytes_ += entries->size() - before + (is_new ? labels.size() : 0);
  ++batch_entries_;
  if (batch_entries_ < options_.batch_entries && batch_bytes_ < options_.batch_bytes) {
    return absl::OkStatus();
  }
  return Flush();
}

absl::Status LogPusher::Flush() {
  if (batch_entries_ == 0) return absl::OkStatus();
  std::string request;
  ProtobufWriter writer(&request);
  for (const Stream& stream : streams_) {
    std::string message;
    ProtobufWriter(&message).Bytes(1, stream.labels);
    message += stream.entries;
    writer.Bytes(1, message);
  }
  std::string body;
  snappy::Compress(request.data(), request.size(), &body);
  VARVE_RETURN_IF_ERROR(sender_.Send(body));
  entries_sent_ += batch_entries_;
  streams_.clear();
  index_.clear();
  batch_entries_ = batch_bytes_ = 0;
  return on_sent_(entries_sent_);
}

}  // namespace varve::tools
