#include "ingest/syslog_batch.h"

#include <deque>
#include <utility>

#include "ingest/log_batch_builder.h"
#include "ingest/log_level.h"
#include "ingest/stream_gatherer.h"
#include "ingest/syslog_message.h"
#include "ingest/utf8.h"

namespace varve::ingest {
namespace {

constexpr std::string_view kJob = "syslog";
// A longer name of a host or program is no label: it is metadata.
constexpr size_t kLabelBytesMax = 255;
// Below the last digit of a time in seconds, and of one in milliseconds.
constexpr uint64_t kNumbersPerSecond = 1'000'000;
constexpr uint64_t kNumbersPerMillisecond = 1'000;

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// sd_<element>_<parameter>
std::string ParameterName(const SyslogParameter& parameter) {
  std::string name = "sd_";
  for (const char c : parameter.element) name.push_back(IsNameByte(c) ? c : '_');
  if (parameter.name.empty()) return name;
  name.push_back('_');
  for (const char c : parameter.name) name.push_back(IsNameByte(c) ? c : '_');
  return name;
}

class Batch {
 public:
  Batch(const SyslogOptions& syslog, const LokiPushOptions& options)
      : syslog_(syslog), options_(options) {}

  void Add(const SyslogInput& input) {
    SyslogMessage& message = messages_.emplace_back();
    ParseSyslogMessage(input.message, {input.received_ns, syslog_.zone}, &message);
    if (!IsStorable(message)) {
      // The bytes are kept, the fields that cannot be are not.
      message.host = message.app = message.process = message.message_id = {};
      message.parameters.clear();
      message.text = input.message;
      message.malformed = true;
    }
    if (message.malformed) ++malformed_;
    LogBatchBuilder::Pairs metadata;
    const int64_t timestamp_ns = Time(message, input, &metadata);
    LogBatchBuilder::Pairs labels = Labels(message, input, &metadata);
    AddMetadata(message, &metadata);
    gatherer_.Add(std::move(labels), timestamp_ns, message.text, std::move(metadata));
  }

  void Build(LokiPushRequest* request) {
    LogBatchBuilder builder(options_, request);
    gatherer_.Build(&builder);
  }

  uint64_t malformed() const { return malformed_; }

 private:
  // What is said in labels and metadata has to be UTF-8, and not too much.
  static bool IsStorable(const SyslogMessage& message) {
    size_t bytes = 0;
    for (const std::string_view field :
         {message.host, message.app, message.process, message.message_id}) {
      if (!IsUtf8(field)) return false;
      bytes += field.size();
    }
    for (const SyslogParameter& parameter : message.parameters) {
      if (!IsUtf8(parameter.value)) return false;
      bytes += parameter.element.size() + parameter.name.size() + parameter.value.size() + 4;
    }
    constexpr size_t kOwnMetadataMax = 8;  // procid, msgid, level, ..
    constexpr size_t kOwnMetadataBytesMax = 1024;
    return message.parameters.size() + kOwnMetadataMax <= kMetadataLabelsMax &&
           bytes + kOwnMetadataBytesMax <= kMetadataBytesMax;
  }

  int64_t Time(const SyslogMessage& message, const SyslogInput& input,
               LogBatchBuilder::Pairs* metadata) {
    const SyslogTimestamp& timestamp = message.timestamp;
    if (!timestamp.is_there) return input.received_ns;
    if (!syslog_.range_ns.Contains(timestamp.time_ns)) {
      if (IsUtf8(message.timestamp_text)) {
        metadata->emplace_back("syslog_timestamp", message.timestamp_text);
      }
      return input.received_ns;
    }
    const uint64_t numbers = timestamp.fraction_digits < 3   ? kNumbersPerSecond
                             : timestamp.fraction_digits < 6 ? kNumbersPerMillisecond
                                                             : 1;
    return timestamp.time_ns + static_cast<int64_t>(input.number % numbers);
  }

  static LogBatchBuilder::Pairs Labels(const SyslogMessage& message, const SyslogInput& input,
                                       LogBatchBuilder::Pairs* metadata) {
    LogBatchBuilder::Pairs labels = {{"job", kJob}};
    const auto add = [&](std::string_view name, std::string_view value) {
      if (value.empty()) return;
      (value.size() <= kLabelBytesMax ? &labels : metadata)->emplace_back(name, value);
    };
    add("host", message.host.empty() ? input.sender : message.host);
    add("app", message.app);
    add("facility", SyslogFacilityName(message.facility));
    add("severity", SyslogSeverityName(message.severity));
    return labels;
  }

  void AddMetadata(const SyslogMessage& message, LogBatchBuilder::Pairs* metadata) {
    if (!message.process.empty()) metadata->emplace_back("procid", message.process);
    if (!message.message_id.empty()) metadata->emplace_back("msgid", message.message_id);
    for (const SyslogParameter& parameter : message.parameters) {
      metadata->emplace_back(names_.emplace_back(ParameterName(parameter)), parameter.value);
    }
    if (options_.discover_level && message.severity >= 0) {
      metadata->emplace_back(kDetectedLevelLabel, SyslogLevel(message.severity));
    }
  }

  const SyslogOptions& syslog_;
  const LokiPushOptions& options_;
  std::deque<SyslogMessage> messages_;  // labels and metadata point into them
  std::deque<std::string> names_;
  StreamGatherer gatherer_;
  uint64_t malformed_ = 0;
};

}  // namespace

uint64_t DecodeSyslogBatch(std::span<const SyslogInput> messages, const SyslogOptions& syslog,
                           const LokiPushOptions& options, LokiPushRequest* request) {
  *request = LokiPushRequest();
  Batch batch(syslog, options);
  for (const SyslogInput& input : messages) batch.Add(input);
  batch.Build(request);
  return batch.malformed();
}

}  // namespace varve::ingest
