// LogLinePrinter: log lines in the form that was asked for.
//
// Threads:  one-thread.
// Owns:     its template; the streams it prints to outlive it.
// Errors:   Create: INVALID_ARGUMENT for a template that cannot be compiled. Print:
// INVALID_ARGUMENT
//           for a template that fails on a line, in Go's words.
#ifndef TOOLS_LOG_LINE_PRINTER_H_
#define TOOLS_LOG_LINE_PRINTER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/command_context.h"
#include "tools/query_answer.h"

namespace varve::tools {

// kDefault: `TIME {labels} line`; kRaw: lines only; kJsonLines: one object per line; kTemplate:
// what a template of Go makes of each line. It sees `timestamp`, `line` and the labels as fields,
// and may call what line_format may.
enum class LogOutput { kDefault, kRaw, kJsonLines, kTemplate };

class LogLinePrinter {
 public:
  static absl::StatusOr<LogLinePrinter> Create(LogOutput output, const std::string& template_text,
                                               const CommandContext& context);
  LogLinePrinter(LogLinePrinter&&) noexcept;
  ~LogLinePrinter();

  absl::Status Print(const AnswerLabels& labels, const AnswerLine& line);
  // One object of a sample of a metric query, where lines are JSON.
  void PrintSample(const AnswerLabels& labels, const AnswerSample& sample);

 private:
  struct State;
  explicit LogLinePrinter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace varve::tools

#endif  // TOOLS_LOG_LINE_PRINTER_H_
