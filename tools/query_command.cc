#include "tools/query_command.h"

#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/query_answer.h"
#include "tools/result_table.h"

namespace varve::tools {

absl::Status RunQuery(const QueryOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const int64_t time_ns, ParseTimeNs(options.time, context.now_ns));
  VARVE_ASSIGN_OR_RETURN(
      const std::string body,
      context.http->PostForm("/api/v1/query",
                             {{"query", options.expression}, {"time", UnixSecondsText(time_ns)}}));
  VARVE_ASSIGN_OR_RETURN(const QueryAnswer answer, ParseQueryAnswer(body));
  PrintResult(answer, options.output, context);
  return absl::OkStatus();
}

}  // namespace varve::tools
