#include "tools/logs_volume_command.h"

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/query_answer.h"
#include "tools/result_table.h"

namespace varve::tools {

using storage::StrCat;

absl::Status RunLogsVolume(const LogsVolumeOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span, ResolveTimeSpan(options.span, "1h", context.now_ns));
  HttpParameters parameters = {{"query", options.selector},
                               {"start", StrCat(span.start_ns)},
                               {"end", StrCat(span.end_ns)},
                               {"limit", StrCat(options.limit)}};
  if (!options.by.empty()) parameters.emplace_back("targetLabels", options.by);
  std::string_view path = "/loki/api/v1/index/volume";
  if (!options.step.empty()) {
    VARVE_ASSIGN_OR_RETURN(const int64_t step_ns, ParseDurationNs(options.step));
    parameters.emplace_back("step", UnixSecondsText(step_ns));
    path = "/loki/api/v1/index/volume_range";
  }
  VARVE_ASSIGN_OR_RETURN(const std::string body, context.http->Get(path, parameters));
  VARVE_ASSIGN_OR_RETURN(const QueryAnswer answer, ParseQueryAnswer(body));
  PrintResult(answer, options.output, context);
  return absl::OkStatus();
}

}  // namespace varve::tools
