// Runs PromQL test scripts against the engine in this process, over series in memory.
//
// Threads:  functions without state.
#ifndef TESTS_QUERY_PROMQL_SCRIPT_RUNNER_H_
#define TESTS_QUERY_PROMQL_SCRIPT_RUNNER_H_

#include <string>
#include <string_view>
#include <vector>

#include "query/engine/query_features.h"
#include "query/engine/worker_pool.h"

namespace varve::tests {

struct ScriptOutcome {
  size_t passed = 0;
  std::vector<std::string> failures;  // "line 12: <expr> | <why>"
};

// `features` are those that are on until the script names others.
ScriptOutcome RunScript(std::string_view text, query::WorkerPool* pool,
                        const query::QueryFeatures& features = {});

}  // namespace varve::tests

#endif  // TESTS_QUERY_PROMQL_SCRIPT_RUNNER_H_
