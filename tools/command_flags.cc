#include "tools/command_flags.h"

#include <CLI/CLI.hpp>
#include <map>

#include "tools/choice.h"

namespace varve::tools {

void AddOutput(CLI::App* command, OutputFormat* output) {
  static const std::map<std::string, OutputFormat> kFormats = {
      {"table", OutputFormat::kTable}, {"json", OutputFormat::kJson}, {"csv", OutputFormat::kCsv}};
  command->add_option("-o,--output", *output, "table, json (the server's data) or csv")
      ->transform(OneOf(kFormats))
      ->type_name("FORMAT")
      ->default_str("table");
}

void AddSince(CLI::App* command, std::string* since, const std::string& default_text) {
  command->add_option("--since", *since, "how far back, e.g. 15m, 1h30m, 2d")
      ->type_name("DURATION")
      ->default_str(default_text);
}

void AddSpan(CLI::App* command, TimeSpanArguments* span, const std::string& since_default) {
  AddSince(command, &span->since, since_default);
  command->add_option("--from,--start", span->from, "first time, instead of --since")
      ->type_name("TIME");
  command->add_option("--to,--end", span->to, "end of the range")
      ->type_name("TIME")
      ->default_str("now");
}

}  // namespace varve::tools
