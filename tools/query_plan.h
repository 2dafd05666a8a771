// The plan of a query, which a server answers for `explain=1`, as a table.
//
// Threads:  a function without state.
// Errors:   FAILED_PRECONDITION where the answer has no plan: the server is another one.
#ifndef TOOLS_QUERY_PLAN_H_
#define TOOLS_QUERY_PLAN_H_

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/query_answer.h"

namespace varve::tools {

// One row per operator, indented below the one that uses its result.
absl::Status PrintQueryPlan(const QueryAnswer& answer, OutputFormat format,
                            const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_QUERY_PLAN_H_
