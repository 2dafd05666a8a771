#include "tools/query_command.h"

#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/query_answer.h"
#include "tools/query_plan.h"
#include "tools/result_table.h"

namespace varve::tools {

absl::Status RunQuery(const QueryOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const int64_t time_ns, ParseTimeNs(options.time, context.now_ns));
  HttpParameters parameters = {{"query", options.expression}, {"time", UnixSecondsText(time_ns)}};
  if (options.explain) parameters.emplace_back("explain", "1");
  VARVE_ASSIGN_OR_RETURN(const std::string body,
                         context.http->PostForm("/api/v1/query", parameters));
  VARVE_ASSIGN_OR_RETURN(const QueryAnswer answer, ParseQueryAnswer(body));
  if (options.explain) return PrintQueryPlan(answer, options.output, context);
  PrintResult(answer, options.output, context);
  return absl::OkStatus();
}

}  // namespace varve::tools
