// LogEntry and LogSource: where log lines come from that are moved from one place to another.
//
// Threads:  one-thread.
// Owns:     a source its file; LogEntry all its bytes.
// Errors:   Next: INVALID_ARGUMENT for text that cannot be read, with its place.
#ifndef TOOLS_TRANSFER_LOG_ENTRY_H_
#define TOOLS_TRANSFER_LOG_ENTRY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace varve::tools {

using LogLabels = std::vector<std::pair<std::string, std::string>>;

struct LogEntry {
  int64_t timestamp_ns = 0;
  LogLabels labels;
  LogLabels metadata;
  std::string line;  // any bytes

  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

class LogSource {
 public:
  virtual ~LogSource() = default;

  // Replaces *entry by the next one; false at the end. The same input gives the same sequence.
  virtual absl::StatusOr<bool> Next(LogEntry* entry) = 0;
  // How much of it was read, from 0 to 1; negative where that is not known.
  virtual double progress() const = 0;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_LOG_ENTRY_H_
