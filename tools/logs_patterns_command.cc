#include "tools/logs_patterns_command.h"

#include <simdjson.h>

#include <algorithm>
#include <vector>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/text_table.h"

namespace varve::tools {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::array;
using simdjson::dom::element;
using storage::StrCat;

struct Pattern {
  std::string text;
  uint64_t lines = 0;
};

absl::Status PatternsError(std::string_view wanted) {
  return absl::InternalError(StrCat("cannot read the server's answer: want ", wanted));
}

// {"status":"success","data":[{"pattern":"..","samples":[[seconds, lines],..]},..]}; a pattern may
// come once for each level.
absl::StatusOr<std::vector<Pattern>> ParsePatterns(const std::string& body) {
  simdjson::dom::parser parser;
  const simdjson::padded_string text(body);
  element root;
  if (parser.parse(text).get(root) != SUCCESS) return PatternsError("JSON");
  std::vector<Pattern> patterns;
  storage::StringMap<size_t> places;
  array data;
  if (root["data"].get(data) != SUCCESS) return patterns;
  for (const element item : data) {
    std::string_view pattern;
    array samples;
    if (item["pattern"].get(pattern) != SUCCESS || item["samples"].get(samples) != SUCCESS) {
      return PatternsError("a pattern and its samples");
    }
    const auto [place, is_new] = places.try_emplace(std::string(pattern), patterns.size());
    if (is_new) patterns.push_back({std::string(pattern), 0});
    for (const element sample : samples) {
      uint64_t lines = 0;
      if (sample.at(1).get(lines) != SUCCESS) return PatternsError("a number of lines");
      patterns[place->second].lines += lines;
    }
  }
  std::stable_sort(patterns.begin(), patterns.end(),
                   [](const Pattern& a, const Pattern& b) { return a.lines > b.lines; });
  return patterns;
}

}  // namespace

absl::Status RunLogsPatterns(const LogsPatternsOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span, ResolveTimeSpan(options.span, "1h", context.now_ns));
  VARVE_ASSIGN_OR_RETURN(
      const std::string body,
      context.http->Get("/loki/api/v1/patterns", {{"query", options.selector},
                                                  {"start", StrCat(span.start_ns)},
                                                  {"end", StrCat(span.end_ns)}}));
  VARVE_ASSIGN_OR_RETURN(std::vector<Pattern> patterns, ParsePatterns(body));
  if (patterns.size() > options.limit) patterns.resize(options.limit);
  TextTable table;
  table.columns = {{"lines", TextTable::Kind::kNumber}, {"pattern", TextTable::Kind::kText}};
  for (const Pattern& pattern : patterns) {
    table.rows.push_back({StrCat(pattern.lines), pattern.text});
  }
  PrintTable(table, options.output, context);
  return absl::OkStatus();
}

}  // namespace varve::tools
