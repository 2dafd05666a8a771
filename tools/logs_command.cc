#include "tools/logs_command.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/logs_follow.h"
#include "tools/query_answer.h"
#include "tools/result_table.h"

namespace varve::tools {
namespace {

using storage::StrCat;

constexpr std::string_view kSinceDefault = "1h";

struct PlacedLine {
  const AnswerStream* stream;
  const AnswerLine* line;
};

// All lines of an answer, oldest first; lines of one time in the order they were written.
std::vector<PlacedLine> OrderLines(const QueryAnswer& answer, bool forward) {
  std::vector<PlacedLine> lines;
  for (const AnswerStream& stream : answer.streams) {
    const size_t begin = lines.size();
    for (const AnswerLine& line : stream.lines) lines.push_back({&stream, &line});
    if (!forward) std::reverse(lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.end());
  }
  std::stable_sort(lines.begin(), lines.end(), [](const PlacedLine& a, const PlacedLine& b) {
    return a.line->time_ns < b.line->time_ns;
  });
  return lines;
}

// What follows needs no range that ends.
absl::Status CheckFollow(const LogsOptions& options) {
  if (!options.span.to.empty() || options.forward || options.context_lines > 0 ||
      !options.step.empty()) {
    return absl::InvalidArgumentError(
        "cannot follow with --to, --forward, --context or --step, want --follow without them");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunLogs(const LogsOptions& options, const CommandContext& context) {
  if (options.query.empty()) {
    return absl::InvalidArgumentError("cannot print logs: no query was given, want QUERY");
  }
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span,
                         ResolveTimeSpan(options.span, kSinceDefault, context.now_ns));
  VARVE_ASSIGN_OR_RETURN(LogLinePrinter printer,
                         LogLinePrinter::Create(options.output, options.template_text, context));
  if (options.follow) {
    VARVE_RETURN_IF_ERROR(CheckFollow(options));
    FollowOptions follow;
    follow.query = options.query;
    follow.start_ns = span.start_ns;
    follow.limit = options.limit;
    return FollowLogs(follow, &printer, context);
  }
  HttpParameters parameters = {{"query", options.query},
                               {"start", StrCat(span.start_ns)},
                               {"end", StrCat(span.end_ns)},
                               {"limit", StrCat(options.limit)},
                               {"direction", options.forward ? "forward" : "backward"}};
  if (options.context_lines > 0) parameters.emplace_back("context", StrCat(options.context_lines));
  if (!options.step.empty()) {
    VARVE_ASSIGN_OR_RETURN(const int64_t step_ns, ParseDurationNs(options.step));
    parameters.emplace_back("step", UnixSecondsText(step_ns));
  }
  VARVE_ASSIGN_OR_RETURN(const std::string body,
                         context.http->Get("/loki/api/v1/query_range", parameters));
  VARVE_ASSIGN_OR_RETURN(const QueryAnswer answer, ParseQueryAnswer(body));
  if (answer.kind != ResultKind::kStreams) {
    if (options.output == LogOutput::kJsonLines) {
      PrintNotices(answer.notices, context);
      for (const AnswerSeries& series : answer.series) {
        for (const AnswerSample& sample : series.samples) {
          printer.PrintSample(series.labels, sample);
        }
      }
    } else {
      PrintResult(answer, OutputFormat::kTable, context);
    }
    return absl::OkStatus();
  }
  PrintNotices(answer.notices, context);
  if (answer.streams.empty() && context.is_terminal) *context.err << "varve: no lines\n";
  const std::vector<PlacedLine> lines = OrderLines(answer, options.forward);
  for (const PlacedLine& placed : lines) {
    VARVE_RETURN_IF_ERROR(printer.Print(placed.stream->labels, *placed.line));
  }
  return absl::OkStatus();
}

}  // namespace varve::tools
