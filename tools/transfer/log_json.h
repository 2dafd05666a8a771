// Log entries as lines of JSON, as `varve logs export` writes them, and what `varve logs --output
// jsonl` and logcli print:
//
//   {"timestamp":"2026-11-21T10:00:00.5Z","labels":{"app":"a"},"metadata":{"id":"7"},"line":"text"}
//
// A line that is not UTF-8 stands in "line_base64" instead of "line". A timestamp may be
// nanoseconds since 1970, too, as a text or a number.
//
// Threads:  functions without state; a source belongs to one thread.
// Errors:   INVALID_ARGUMENT naming what is wrong; a source adds the line's number.
#ifndef TOOLS_TRANSFER_LOG_JSON_H_
#define TOOLS_TRANSFER_LOG_JSON_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tools/transfer/line_reader.h"
#include "tools/transfer/log_entry.h"

namespace varve::tools {

absl::Status ParseLogJson(std::string_view line, LogEntry* entry);

class LogJsonSource : public LogSource {
 public:
  // `labels` are added to those of each entry, and win.
  LogJsonSource(std::unique_ptr<LineReader> lines, LogLabels labels)
      : lines_(std::move(lines)), labels_(std::move(labels)) {}

  absl::StatusOr<bool> Next(LogEntry* entry) override;
  double progress() const override { return lines_->progress(); }

 private:
  const std::unique_ptr<LineReader> lines_;
  const LogLabels labels_;
  std::string line_;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_LOG_JSON_H_
