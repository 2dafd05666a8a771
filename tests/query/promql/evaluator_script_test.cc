// Runs every script in tests/scripts/promql, and those of the conformance kit beside the
// repository, of which it prints a count per file and every failure. VARVE_PROMQL_SCRIPTS names
// another folder of scripts, for which nothing fails.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/query/promql/script_runner.h"

namespace varve::tests {
namespace {

// Of the kit's evaluations.
constexpr size_t kConformancePassedMin = 2214;

std::vector<std::filesystem::path> ScriptFiles(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".test") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_SUITE("query/promql/evaluator_script") {
  TEST_CASE("each script's queries answer what it says") {
    query::WorkerPool pool(2);
    const std::vector<std::filesystem::path> files = ScriptFiles("tests/scripts/promql");
    REQUIRE(!files.empty());
    for (const std::filesystem::path& file : files) {
      const ScriptOutcome outcome = RunScript(ReadFile(file), &pool);
      CHECK_MESSAGE(outcome.passed > 0, file.string());
      for (const std::string& failure : outcome.failures) {
        FAIL_CHECK(file.filename().string() << " " << failure);
      }
    }
  }

  TEST_CASE("the scripts of the conformance kit") {
    const char* const named = std::getenv("VARVE_PROMQL_SCRIPTS");
    const std::string folder = named != nullptr ? named : "../shared/conformance/promql";
    if (!std::filesystem::is_directory(folder)) {
      std::printf("skipped: no conformance kit at %s\n", folder.c_str());
      return;
    }
    query::WorkerPool pool(2);
    constexpr query::QueryFeatures kAllFeatures{true, false, true};
    size_t passed = 0;
    size_t failed = 0;
    for (const std::filesystem::path& file : ScriptFiles(folder)) {
      const ScriptOutcome outcome = RunScript(ReadFile(file), &pool, kAllFeatures);
      std::printf("%s: %zu passed, %zu failed\n", file.filename().string().c_str(), outcome.passed,
                  outcome.failures.size());
      for (const std::string& failure : outcome.failures) std::printf("  %s\n", failure.c_str());
      passed += outcome.passed;
      failed += outcome.failures.size();
    }
    std::printf("%zu passed, %zu failed\n", passed, failed);
    if (named == nullptr) CHECK(passed >= kConformancePassedMin);
  }
}

}  // namespace
}  // namespace varve::tests
