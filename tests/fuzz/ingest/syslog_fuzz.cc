// Any bytes as a stream of syslog, in any pieces: frames, messages, and the batch they make.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/syslog_batch.h"
#include "ingest/syslog_frames.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve;
  if (size == 0) return 0;
  const size_t piece = 1 + data[0];
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr size_t kMessageBytesMax = 300;
  ingest::SyslogFrames frames(kMessageBytesMax);
  std::vector<std::string> messages;
  std::string_view message;
  for (size_t at = 0; at < stream.size(); at += piece) {
    frames.Append(stream.substr(at, piece));
    while (frames.Next(&message)) messages.emplace_back(message);
  }
  if (frames.Last(&message)) messages.emplace_back(message);
  messages.emplace_back(ingest::SyslogDatagram(stream));

  std::vector<ingest::SyslogInput> inputs;
  for (const std::string& text : messages) {
    if (&text != &messages.back() && text.size() > kMessageBytesMax) __builtin_trap();
    inputs.push_back({text, "192.0.2.1", 1'795'694'400'000'000'000, inputs.size()});
  }
  ingest::LokiPushRequest request;
  ingest::DecodeSyslogBatch(inputs, {}, {}, &request);
  // Nothing is lost but what is longer than a line may be.
  if (request.batch.entries.size() + request.rejected != inputs.size()) __builtin_trap();
  if (request.rejected > (messages.back().size() > ingest::kLineBytesMax ? 1u : 0u)) {
    __builtin_trap();
  }
  for (const storage::Entry& entry : request.batch.entries) {
    if (!storage::LabelSetView::IsValidPacked(entry.metadata.packed())) __builtin_trap();
  }
  return 0;
}
