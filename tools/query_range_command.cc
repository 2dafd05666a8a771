#include "tools/query_range_command.h"

#include <algorithm>

#include "storage/status_macros.h"
#include "tools/graph.h"
#include "tools/http_client.h"
#include "tools/query_answer.h"
#include "tools/query_plan.h"
#include "tools/result_table.h"

namespace varve::tools {
namespace {

constexpr std::string_view kSinceDefault = "1h";
constexpr int64_t kStepsDefault = 250;

}  // namespace

int64_t DefaultStepNs(const TimeSpan& span) {
  // Unsigned: the widest range there is does not overflow.
  const uint64_t width_ns =
      static_cast<uint64_t>(span.end_ns) - static_cast<uint64_t>(span.start_ns);
  const auto seconds = static_cast<int64_t>(width_ns / kNanosecondsPerSecond);
  return std::max<int64_t>(1, (seconds + kStepsDefault - 1) / kStepsDefault) *
         kNanosecondsPerSecond;
}

absl::Status RunQueryRange(const QueryRangeOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span,
                         ResolveTimeSpan(options.span, kSinceDefault, context.now_ns));
  int64_t step_ns = DefaultStepNs(span);
  if (!options.step.empty()) {
    VARVE_ASSIGN_OR_RETURN(step_ns, ParseDurationNs(options.step));
    if (step_ns < kNanosecondsPerMillisecond) {
      return absl::InvalidArgumentError("cannot use a step of less than 1ms");
    }
  }
  HttpParameters parameters = {{"query", options.expression},
                               {"start", UnixSecondsText(span.start_ns)},
                               {"end", UnixSecondsText(span.end_ns)},
                               {"step", UnixSecondsText(step_ns)}};
  if (options.explain) parameters.emplace_back("explain", "1");
  VARVE_ASSIGN_OR_RETURN(const std::string body,
                         context.http->PostForm("/api/v1/query_range", parameters));
  VARVE_ASSIGN_OR_RETURN(const QueryAnswer answer, ParseQueryAnswer(body));
  if (options.explain) return PrintQueryPlan(answer, options.output, context);
  if (options.graph) {
    PrintNotices(answer.notices, context);
    *context.out << DrawGraph(answer, {.columns = context.columns,
                                       .colours = context.colours,
                                       .start_ns = span.start_ns,
                                       .end_ns = span.end_ns,
                                       .step_ns = step_ns,
                                       .times = context.times});
    return absl::OkStatus();
  }
  PrintResult(answer, options.output, context);
  return absl::OkStatus();
}

}  // namespace varve::tools
