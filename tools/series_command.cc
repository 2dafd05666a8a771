#include "tools/series_command.h"

#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/metadata_range.h"
#include "tools/query_answer.h"
#include "tools/result_table.h"
#include "tools/terminal_text.h"

namespace varve::tools {

absl::Status RunSeries(const SeriesOptions& options, const CommandContext& context) {
  HttpParameters parameters;
  for (const std::string& selector : options.selectors) {
    parameters.emplace_back("match[]", selector);
  }
  VARVE_RETURN_IF_ERROR(AddMetadataRange(options.since, options.logs, context, &parameters));
  VARVE_ASSIGN_OR_RETURN(
      const std::string body,
      context.http->Get(options.logs ? "/loki/api/v1/series" : "/api/v1/series", parameters));
  VARVE_ASSIGN_OR_RETURN(const LabelSetsAnswer answer, ParseLabelSetsAnswer(body));
  PrintNotices(answer.notices, context);
  switch (options.output) {
    case OutputFormat::kJson:
      *context.out << answer.data << '\n';
      break;
    case OutputFormat::kCsv:
      PrintCsv(LabelTable(answer.label_sets), context.out);
      break;
    case OutputFormat::kTable:
      for (const AnswerLabels& labels : answer.label_sets) {
        *context.out << EscapeControls(SeriesText(labels)) << '\n';
      }
      break;
  }
  return absl::OkStatus();
}

}  // namespace varve::tools
