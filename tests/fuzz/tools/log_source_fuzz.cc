// Any bytes as what log lines are read from: an exported line, a frame of a tail, a line of text
// with a time in it, and a file of such lines.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "tools/tail_frame.h"
#include "tools/transfer/log_json.h"
#include "tools/transfer/log_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::tools;
  const std::string text(reinterpret_cast<const char*>(data), size);
  LogEntry entry;
  ParseLogJson(text, &entry).IgnoreError();
  ParseTailFrame(text).status().IgnoreError();
  for (const char* format : {"auto", "%d.%m.%Y %H:%M:%E*S", "%Y %j"}) {
    LogTextOptions options;
    options.time_format = format;
    options.zone = absl::UTCTimeZone();
    options.now_ns = 1'795'694'400'000'000'000;
    std::istringstream in(text);
    LogTextSource source(std::make_unique<LineReader>(&in, text.size(), "input"), options);
    size_t bytes = 0;
    while (true) {
      const absl::StatusOr<bool> more = source.Next(&entry);
      if (!more.ok() || !*more) break;
      bytes += entry.line.size();
    }
    if (bytes > text.size()) __builtin_trap();
  }
  return 0;
}
