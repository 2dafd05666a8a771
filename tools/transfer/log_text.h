// Plain text as log entries: each line is one, and its time is read from it.
//
// A line without a time has that of the line before it: it belongs to it, as the lines of a stack
// trace do. Lines of one time are a nanosecond apart, so that equal ones are not taken for one line
// that came twice; the same file gives the same times again.
//
// Threads:  one-thread.
// Owns:     its file.
// Errors:   Create: INVALID_ARGUMENT for a format without a date; Next: see log_entry.h.
#ifndef TOOLS_TRANSFER_LOG_TEXT_H_
#define TOOLS_TRANSFER_LOG_TEXT_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "tools/transfer/line_reader.h"
#include "tools/transfer/log_entry.h"

namespace varve::tools {

struct LogTextOptions {
  LogLabels labels;  // of all entries
  // `auto`: at the beginning of a line, perhaps in brackets, ISO 8601, `Nov 26 11:59:01` (also
  // behind the priority of syslog), `2026/11/26 11:59:01` or seconds since 1970; else as web
  // servers write it, `[26/Nov/2026:11:59:01 +0000]`. `none`: there are no times. Anything else is
  // the format of the time at the beginning, as strptime has it: `%d.%m.%Y %H:%M:%S`.
  std::string time_format = "auto";
  absl::TimeZone zone = absl::LocalTimeZone();  // of times that do not say
  int64_t now_ns = 0;                           // of lines in front of the first time
};

// The time in a line; false where it has none.
bool FindLineTime(std::string_view line, const LogTextOptions& options, int64_t* time_ns);

class LogTextSource : public LogSource {
 public:
  LogTextSource(std::unique_ptr<LineReader> lines, LogTextOptions options)
      : lines_(std::move(lines)), options_(std::move(options)), time_ns_(options_.now_ns) {}

  absl::StatusOr<bool> Next(LogEntry* entry) override;
  double progress() const override { return lines_->progress(); }

 private:
  const std::unique_ptr<LineReader> lines_;
  const LogTextOptions options_;
  int64_t time_ns_;
  int64_t repeats_ = 0;  // lines of this time so far
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_LOG_TEXT_H_
