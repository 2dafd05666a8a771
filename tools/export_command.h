// `varve export`: writes the samples of a running server into a file, one piece of time after the
// other, as it reads them by remote read.
//
// Threads:  a free function.
// Errors:   see command_context.h.
#ifndef TOOLS_EXPORT_COMMAND_H_
#define TOOLS_EXPORT_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/timestamp_text.h"

namespace varve::tools {

enum class ExportFormat {
  kJsonLines,    // sample_json.h; lossless
  kOpenMetrics,  // floats only, without the ends of series
  kCsv,          // series, milliseconds, value; floats only
  kRemoteRead,   // remote_read.h; lossless, and the smallest
};

struct ExportOptions {
  std::vector<std::string> selectors;  // none: everything
  TimeSpanArguments span;
  std::string chunk = "1h";  // time per request
  ExportFormat format = ExportFormat::kJsonLines;
  std::string file;     // empty: to the output stream
  bool resume = false;  // go on where an export into the same file was interrupted
};
absl::Status RunExport(const ExportOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_EXPORT_COMMAND_H_
