// Runs the scripts of tests/scripts/logql, and those of the folder VARVE_LOGQL_SCRIPTS names.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/logql_script.h"

namespace varve::test {
namespace {

std::vector<std::filesystem::path> ScriptsIn(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string extension = entry.path().extension();
    if (extension == ".test" || extension == ".logqltest") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

LogqlScriptResult RunFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return RunLogqlScript(text.str());
}

TEST_SUITE("query/logql/scripts") {
  TEST_CASE("every evaluation of our scripts gives what the script says") {
    const std::vector<std::filesystem::path> paths = ScriptsIn("tests/scripts/logql");
    REQUIRE(!paths.empty());
    for (const std::filesystem::path& path : paths) {
      const LogqlScriptResult result = RunFile(path);
      CHECK(result.passed > 0);
      for (const std::string& failure : result.failures) {
        FAIL_CHECK(path.filename().string() << " " << failure);
      }
    }
  }

  TEST_CASE("every evaluation of the conformance scripts gives what the script says") {
    // They lie beside the project, or where the environment says.
    const char* named = std::getenv("VARVE_LOGQL_SCRIPTS");
    const std::filesystem::path folder =
        named == nullptr ? "../shared/conformance/logqltest" : named;
    if (!std::filesystem::is_directory(folder)) {
      MESSAGE("skipped: there is no folder " << folder.string());
      return;
    }
    int passed = 0;
    int failed = 0;
    for (const std::filesystem::path& path : ScriptsIn(folder)) {
      const LogqlScriptResult result = RunFile(path);
      for (const std::string& failure : result.failures) {
        FAIL_CHECK(path.filename().string() << " " << failure);
      }
      passed += result.passed;
      failed += static_cast<int>(result.failures.size());
    }
    MESSAGE(passed << " passed, " << failed << " failed");
  }
}

}  // namespace
}  // namespace varve::test
