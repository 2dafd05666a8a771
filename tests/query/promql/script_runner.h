// Runs PromQL test scripts against the engine in this process, over series in memory.
//
// Threads:  functions without state.
#ifndef TESTS_QUERY_PROMQL_SCRIPT_RUNNER_H_
#define TESTS_QUERY_PROMQL_SCRIPT_RUNNER_H_

#include <string>
#include <string_view>
#include <vector>

#include "query/engine/worker_pool.h"

namespace varve::tests {

struct ScriptOutcome {
  size_t passed = 0;
  size_t needs_start_timestamps = 0;  // failed where some were loaded: not counted as failed
  std::vector<std::string> failures;  // "line 12: <expr> | <why>"
};

ScriptOutcome RunScript(std::string_view text, query::WorkerPool* pool);

}  // namespace varve::tests

#endif  // TESTS_QUERY_PROMQL_SCRIPT_RUNNER_H_
