#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "query/promql/parser.h"
#include "query/promql/printer.h"

namespace varve::query {
namespace {

struct Evaluation {
  std::string expression;
  bool fails = false;
};

// Every `eval` of a script in the language of Prometheus's own query tests.
std::vector<Evaluation> ReadScript(const std::filesystem::path& path) {
  static const std::regex kInstant(R"(^eval(?:_\w+)?\s+instant\s+(?:at\s+\S+\s+)?(.*)$)");
  static const std::regex kRange(
      R"(^eval(?:_\w+)?\s+range\s+from\s+\S+\s+to\s+\S+\s+step\s+\S+\s+(.*)$)");
  std::vector<Evaluation> evaluations;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos) continue;
    line.erase(0, begin);
    std::smatch match;
    if (std::regex_match(line, match, kInstant) || std::regex_match(line, match, kRange)) {
      evaluations.push_back({match[1].str(), line.rfind("eval_fail", 0) == 0});
    } else if (line.rfind("expect fail", 0) == 0 && !evaluations.empty()) {
      evaluations.back().fails = true;
    }
  }
  return evaluations;
}

TEST_SUITE("query/promql/conformance_parse") {
  TEST_CASE("every expression of the conformance scripts that is not to fail parses") {
    const char* folder = std::getenv("VARVE_PROMQL_SCRIPTS");
    if (folder == nullptr || !std::filesystem::is_directory(folder)) {
      MESSAGE("skipped: VARVE_PROMQL_SCRIPTS names no folder of .test scripts");
      return;
    }
    size_t parsed = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".test") continue;
      for (const Evaluation& evaluation : ReadScript(entry.path())) {
        CAPTURE(entry.path().filename().string());
        CAPTURE(evaluation.expression);
        const auto expr = ParseExpression(evaluation.expression);
        if (!evaluation.fails) CHECK_MESSAGE(expr.ok(), expr.status().ToString());
        if (!expr.ok()) continue;
        ++parsed;
        const std::string printed = PrintExpression(**expr);
        const auto again = ParseExpression(printed);
        CHECK_MESSAGE(again.ok(), again.status().ToString());
        if (again.ok()) CHECK(PrintExpression(**again) == printed);
      }
    }
    MESSAGE(parsed << " expressions parsed");
  }
}

}  // namespace
}  // namespace varve::query
