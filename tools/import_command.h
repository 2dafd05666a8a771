// `varve import`: sends the samples of a file, or of Prometheus's blocks, to a server by remote
// write.
//
// Batches that the server cannot take now are sent again, later and later. What it refuses for good
// is told and counted; the rest goes on, and the command fails in the end.
//
// Threads:  a free function.
// Errors:   see command_context.h and sample_source.h.
#ifndef TOOLS_IMPORT_COMMAND_H_
#define TOOLS_IMPORT_COMMAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/timestamp_text.h"

namespace varve::tools {

enum class ImportFormat { kAuto, kOpenMetrics, kJsonLines, kRemoteRead, kPrometheus };

struct ImportOptions {
  std::string path;  // "-" for standard input
  ImportFormat format = ImportFormat::kAuto;
  std::vector<std::string> selectors;  // series that match any of them; none: all
  std::string start;                   // of the samples wanted; empty: no limit
  std::string end;
  uint32_t batch_samples = 10'000;
  uint32_t retries = 10;
  bool resume = false;  // go on where an import of the same file was interrupted
};
absl::Status RunImport(const ImportOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_IMPORT_COMMAND_H_
