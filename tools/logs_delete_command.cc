#include "tools/logs_delete_command.h"

#include <simdjson.h>

#include <cmath>
#include <utility>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/text_table.h"

namespace varve::tools {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::array;
using simdjson::dom::element;

constexpr std::string_view kPath = "/loki/api/v1/delete";

std::string TextField(element item, const char* name) {
  std::string_view text;
  return item[name].get(text) == SUCCESS ? std::string(text) : std::string();
}

// Seconds since 1970, as a time.
std::string TimeField(element item, const char* name, const CommandContext& context) {
  double seconds = 0;
  if (item[name].get(seconds) != SUCCESS || !(std::abs(seconds) < 9.2e9)) return {};
  return context.times.Exact(std::llround(seconds * 1000) * kNanosecondsPerMillisecond);
}

absl::Status List(const LogsDeleteOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::string body, context.http->Get(kPath, {}));
  simdjson::dom::parser parser;
  const simdjson::padded_string text(body);
  element root;
  if (parser.parse(text).get(root) != SUCCESS) {
    return absl::InternalError("cannot read the server's answer: want a list of requests");
  }
  TextTable table;
  for (const char* name : {"id", "status", "created", "from", "to", "query"}) {
    table.columns.push_back({name, TextTable::Kind::kText});
  }
  array requests;
  if (root.get(requests) == SUCCESS) {
    for (const element item : requests) {
      table.rows.push_back({TextField(item, "request_id"), TextField(item, "status"),
                            TimeField(item, "created_at", context),
                            TimeField(item, "start_time", context),
                            TimeField(item, "end_time", context), TextField(item, "query")});
    }
  }
  PrintTable(table, options.output, context);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunLogsDelete(const LogsDeleteOptions& options, const CommandContext& context) {
  const int wanted =
      (options.query.empty() ? 0 : 1) + (options.list ? 1 : 0) + (options.cancel.empty() ? 0 : 1);
  if (wanted != 1) {
    return absl::InvalidArgumentError("cannot delete: want a QUERY, --list or --cancel ID");
  }
  if (options.list) return List(options, context);
  if (!options.cancel.empty()) {
    return context.http->Delete(kPath, {{"request_id", options.cancel}});
  }
  if (options.span.since.empty() && options.span.from.empty()) {
    return absl::InvalidArgumentError("cannot delete: no range of time, want --since or --from");
  }
  // Servers count in milliseconds and refuse to delete what is to come.
  const int64_t now_ns = context.now_ns - context.now_ns % kNanosecondsPerMillisecond;
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span, ResolveTimeSpan(options.span, "", now_ns));
  const TimestampFormat utc{true};
  // Loki reads the parameters of the URL only.
  const std::string parameters = EncodeParameters({{"query", options.query},
                                                   {"start", utc.Exact(span.start_ns)},
                                                   {"end", utc.Exact(span.end_ns)}});
  return context.http->Post(storage::StrCat(kPath, "?", parameters), "", "text/plain", {}).status();
}

}  // namespace varve::tools
