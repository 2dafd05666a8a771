#include "tools/labels_command.h"

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/metadata_range.h"
#include "tools/query_answer.h"
#include "tools/result_table.h"
#include "tools/terminal_text.h"

namespace varve::tools {
namespace {

std::string PathOf(const LabelsOptions& options) {
  const std::string_view prefix = options.logs ? "/loki/api/v1" : "/api/v1";
  if (options.name.empty()) return storage::StrCat(prefix, "/labels");
  return storage::StrCat(prefix, "/label/", PercentEncode(options.name), "/values");
}

}  // namespace

absl::Status RunLabels(const LabelsOptions& options, const CommandContext& context) {
  HttpParameters parameters;
  if (!options.selector.empty()) {
    parameters.emplace_back(options.logs ? "query" : "match[]", options.selector);
  }
  VARVE_RETURN_IF_ERROR(AddMetadataRange(options.since, options.logs, context, &parameters));
  VARVE_ASSIGN_OR_RETURN(const std::string body, context.http->Get(PathOf(options), parameters));
  VARVE_ASSIGN_OR_RETURN(const TextsAnswer answer, ParseTextsAnswer(body));
  PrintNotices(answer.notices, context);
  switch (options.output) {
    case OutputFormat::kJson:
      *context.out << answer.data << '\n';
      break;
    case OutputFormat::kCsv: {
      TextTable table;
      table.columns.push_back({options.name.empty() ? "label" : options.name});
      for (const std::string& text : answer.texts) table.rows.push_back({text});
      PrintCsv(table, context.out);
      break;
    }
    case OutputFormat::kTable:
      for (const std::string& text : answer.texts) *context.out << EscapeControls(text) << '\n';
      break;
  }
  return absl::OkStatus();
}

}  // namespace varve::tools
