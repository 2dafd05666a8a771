// Runs the scripts of tests/scripts/template: what templates make of labels, and their errors.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "query/logql/format_functions.h"
#include "query/template/template.h"

namespace varve::query {
namespace {

constexpr int64_t kTimestampNs = 1'656'353'124'120'000'000;

// `␤` stands for a newline.
std::string WithNewlines(std::string text) {
  constexpr std::string_view kSign = "\xe2\x90\xa4";
  for (size_t at = text.find(kSign); at != text.npos; at = text.find(kSign, at + 1)) {
    text.replace(at, kSign.size(), "\n");
  }
  return text;
}

struct Outcome {
  bool failed = false;
  std::string text;
};

Outcome Run(const std::string& text, const EntryLabels& labels, TemplateRun* run) {
  const auto parsed = Template::Parse("line", text, FormatFunctions());
  if (!parsed.ok()) return {true, std::string(parsed.status().message())};
  const EntryFields fields(labels);
  const FormatEntry entry{"the line", kTimestampNs};
  std::string out;
  run->arena().Reset();
  const absl::Status status = parsed->Execute(TemplateValue::StringMap(&fields), &entry, run, &out);
  if (!status.ok()) return {true, std::string(status.message())};
  return {false, out};
}

void RunScript(const std::filesystem::path& path) {
  std::ifstream file(path);
  EntryLabels labels;
  labels.BeginStream({});
  TemplateRun run;
  std::string line;
  Outcome got;
  std::string text;
  int checks = 0;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    const std::string rest = WithNewlines(line.size() > 2 ? line.substr(2) : "");
    INFO(path.filename().string() << ":" << number << " " << text);
    switch (line[0]) {
      case 'L': {
        const size_t equals = rest.find('=');
        labels.AddParsed(labels.Keep(rest.substr(0, equals)), labels.Keep(rest.substr(equals + 1)));
        break;
      }
      case 'T':
        text = rest;
        got = Run(rest, labels, &run);
        break;
      default:
        REQUIRE((line[0] == '=' || line[0] == '!'));
        CHECK_MESSAGE(got.failed == (line[0] == '!'), got.text);
        CHECK(got.text == rest);
        ++checks;
        break;
    }
  }
  CHECK(checks > 0);
}

TEST_SUITE("query/template/scripts") {
  TEST_CASE("every template gives what its script says") {
    setenv("TZ", "UTC", 1);
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator("tests/scripts/template")) {
      paths.push_back(entry.path());
    }
    REQUIRE(!paths.empty());
    std::sort(paths.begin(), paths.end());
    for (const std::filesystem::path& path : paths) RunScript(path);
  }
}

}  // namespace
}  // namespace varve::query
