#include "tools/logs_stats_command.h"

#include <simdjson.h>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/text_table.h"

namespace varve::tools {

using storage::StrCat;

absl::Status RunLogsStats(const LogsStatsOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span, ResolveTimeSpan(options.span, "1h", context.now_ns));
  VARVE_ASSIGN_OR_RETURN(
      const std::string body,
      context.http->Get("/loki/api/v1/index/stats", {{"query", options.selector},
                                                     {"start", StrCat(span.start_ns)},
                                                     {"end", StrCat(span.end_ns)}}));
  simdjson::dom::parser parser;
  const simdjson::padded_string text(body);
  simdjson::dom::object stats;
  if (parser.parse(text).get(stats) != simdjson::SUCCESS) {
    return absl::InternalError("cannot read the server's answer: want an object of numbers");
  }
  TextTable table;
  std::vector<std::string> row;
  for (const char* name : {"streams", "chunks", "entries", "bytes"}) {
    uint64_t number = 0;
    if (stats[name].get(number) != simdjson::SUCCESS) {
      return absl::InternalError(
          StrCat("cannot read the server's answer: no number ", storage::Quote(name)));
    }
    table.columns.push_back({name, TextTable::Kind::kNumber});
    row.push_back(StrCat(number));
  }
  table.rows.push_back(std::move(row));
  PrintTable(table, options.output, context);
  return absl::OkStatus();
}

}  // namespace varve::tools
