#include "tools/logs_command.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/query_answer.h"
#include "tools/result_table.h"
#include "tools/terminal_text.h"

namespace varve::tools {
namespace {

using storage::StrAppend;
using storage::StrCat;

constexpr std::string_view kSinceDefault = "1h";

struct PlacedLine {
  const AnswerStream* stream;
  const AnswerLine* line;
  size_t stream_number;
};

// All lines of an answer, oldest first; lines of one time in the order they were written.
std::vector<PlacedLine> OrderLines(const QueryAnswer& answer, bool forward) {
  std::vector<PlacedLine> lines;
  for (size_t number = 0; number < answer.streams.size(); ++number) {
    const AnswerStream& stream = answer.streams[number];
    const size_t begin = lines.size();
    for (const AnswerLine& line : stream.lines) lines.push_back({&stream, &line, number});
    if (!forward) std::reverse(lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.end());
  }
  std::stable_sort(lines.begin(), lines.end(), [](const PlacedLine& a, const PlacedLine& b) {
    return a.line->time_ns < b.line->time_ns;
  });
  return lines;
}

std::string LabelsJson(const AnswerLabels& labels) {
  std::string json = "{";
  for (const auto& [name, value] : labels) {
    StrAppend(&json, json.size() > 1 ? "," : "", JsonQuote(name), ":", JsonQuote(value));
  }
  return json + "}";
}

void PrintLines(const QueryAnswer& answer, const LogsOptions& options,
                const CommandContext& context) {
  std::vector<std::string> labels;  // of each stream, as they are printed
  for (const AnswerStream& stream : answer.streams) {
    if (options.output == LogOutput::kJsonLines) {
      labels.push_back(LabelsJson(stream.labels));
    } else {
      labels.push_back(Paint(SeriesText(stream.labels), Colour::kCyan, context.colours));
    }
  }
  const auto fit = [&](const std::string& line) {
    return context.is_terminal ? EscapeLine(line) : line;
  };
  for (const PlacedLine& placed : OrderLines(answer, options.forward)) {
    const AnswerLine& line = *placed.line;
    switch (options.output) {
      case LogOutput::kRaw:
        *context.out << fit(line.line) << '\n';
        break;
      case LogOutput::kJsonLines:
        *context.out << "{\"timestamp\":" << JsonQuote(context.times.Exact(line.time_ns))
                     << ",\"labels\":" << labels[placed.stream_number]
                     << ",\"line\":" << JsonQuote(line.line) << "}\n";
        break;
      case LogOutput::kDefault:
        *context.out << Paint(context.times.Milliseconds(line.time_ns), Colour::kDim,
                              context.colours)
                     << ' ' << labels[placed.stream_number] << ' ' << fit(line.line) << '\n';
        break;
    }
  }
}

// One object per sample of a metric query.
void PrintSampleLines(const QueryAnswer& answer, const CommandContext& context) {
  for (const AnswerSeries& series : answer.series) {
    const std::string labels = LabelsJson(series.labels);
    for (const AnswerSample& sample : series.samples) {
      *context.out << "{\"timestamp\":" << JsonQuote(context.times.Exact(sample.time_ns))
                   << ",\"labels\":" << labels << ",\"value\":" << JsonQuote(sample.value) << "}\n";
    }
  }
}

}  // namespace

absl::Status RunLogs(const LogsOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span,
                         ResolveTimeSpan(options.span, kSinceDefault, context.now_ns));
  HttpParameters parameters = {{"query", options.query},
                               {"start", StrCat(span.start_ns)},
                               {"end", StrCat(span.end_ns)},
                               {"limit", StrCat(options.limit)},
                               {"direction", options.forward ? "forward" : "backward"}};
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
      PrintSampleLines(answer, context);
    } else {
      PrintResult(answer, OutputFormat::kTable, context);
    }
    return absl::OkStatus();
  }
  PrintNotices(answer.notices, context);
  if (answer.streams.empty() && context.is_terminal) *context.err << "varve: no lines\n";
  PrintLines(answer, options, context);
  return absl::OkStatus();
}

}  // namespace varve::tools
