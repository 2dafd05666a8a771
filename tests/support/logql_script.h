// RunLogqlScript: runs a script of LogQL evaluations against an engine in memory.
//
//   load
//     {app="a"} "line {{.i}}" @ 20s [repeat every 20s for 3] [metadata k="v"]
//   eval instant at 60s count_over_time({app="a"}[1m])
//     {app="a"} 3
//   eval range from 20s to 60s step 20s vector(1)
//     {} 1 1 1
//   clear
//
// An eval is followed by the series it gives, by one number for a scalar, by `expect empty`, by
// `expect ordered` and series, or by `expect fail` with `msg: text` or `regex: expression`. `_` is
// a step without a point, 1+2x3 four points. `#` begins a comment.
#ifndef TESTS_SUPPORT_LOGQL_SCRIPT_H_
#define TESTS_SUPPORT_LOGQL_SCRIPT_H_

#include <string>
#include <string_view>
#include <vector>

namespace varve::test {

// What an eval is about.
struct LogqlScriptCase {
  std::string query;
  bool gives_numbers = false;  // neither fails nor is empty
  std::string error;           // what it fails with, as far as the script says
};

struct LogqlScriptResult {
  int passed = 0;
  std::vector<LogqlScriptCase> cases;
  std::vector<std::string> failures;  // "line N: query | why"
};

LogqlScriptResult RunLogqlScript(std::string_view text);

}  // namespace varve::test

#endif  // TESTS_SUPPORT_LOGQL_SCRIPT_H_
