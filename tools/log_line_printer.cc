#include "tools/log_line_printer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "query/logql/context_lines.h"
#include "query/logql/format_functions.h"
#include "query/template/template.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/terminal_text.h"
#include "tools/text_table.h"

namespace varve::tools {
namespace {

using query::Template;
using query::TemplateField;
using query::TemplateValue;
using storage::StrAppend;

constexpr std::string_view kTimestampField = "timestamp";
constexpr std::string_view kLineField = "line";

// What a template sees of a line: its labels, and its time and text, which win over labels of the
// same names.
class LineFields final : public query::TemplateMap {
 public:
  LineFields(const AnswerLabels& labels, std::string_view timestamp, std::string_view line) {
    for (const auto& [name, value] : labels) {
      if (name != kTimestampField && name != kLineField) Add(name, value);
    }
    Add(kTimestampField, timestamp);
    Add(kLineField, line);
    std::sort(fields_.begin(), fields_.end(),
              [](const TemplateField& a, const TemplateField& b) { return a.name < b.name; });
  }

  bool Find(std::string_view name, std::string_view* value) const override {
    for (const TemplateField& field : fields_) {
      if (field.name != name) continue;
      *value = field.value.as_string();
      return true;
    }
    return false;
  }
  size_t size() const override { return fields_.size(); }
  std::span<const TemplateField> Fields(query::TemplateArena*) const override { return fields_; }

 private:
  void Add(std::string_view name, std::string_view value) {
    fields_.push_back({name, TemplateValue::String(value)});
  }
  std::vector<TemplateField> fields_;
};

std::string LabelsJson(const AnswerLabels& labels) {
  std::string json = "{";
  for (const auto& [name, value] : labels) {
    StrAppend(&json, json.size() > 1 ? "," : "", JsonQuote(name), ":", JsonQuote(value));
  }
  return json + "}";
}

}  // namespace

struct LogLinePrinter::State {
  LogOutput output = LogOutput::kDefault;
  const CommandContext& context;
  std::optional<Template> line_template;
  query::TemplateRun run;
  bool is_context = false;  // whether the line is there for its neighbour
  // Labels as they were printed last: lines of one stream often follow each other.
  AnswerLabels last_labels;
  std::string labels_text;

  const std::string& Labels(const AnswerLabels& labels) {
    if (!labels_text.empty() && labels == last_labels) return labels_text;
    last_labels = labels;
    AnswerLabels shown = labels;
    is_context = std::erase_if(shown, [](const auto& label) {
                   return label.first == query::kContextLabel;
                 }) > 0;
    labels_text =
        output == LogOutput::kJsonLines
            ? LabelsJson(labels)
            : Paint(SeriesText(shown), is_context ? Colour::kDim : Colour::kCyan, context.colours);
    return labels_text;
  }
  std::string Fit(const std::string& text) const {
    return context.is_terminal ? EscapeLine(text) : text;
  }
};

LogLinePrinter::LogLinePrinter(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogLinePrinter::LogLinePrinter(LogLinePrinter&&) noexcept = default;
LogLinePrinter::~LogLinePrinter() = default;

absl::StatusOr<LogLinePrinter> LogLinePrinter::Create(LogOutput output,
                                                      const std::string& template_text,
                                                      const CommandContext& context) {
  if (output == LogOutput::kDefault && !template_text.empty()) output = LogOutput::kTemplate;
  const bool has_template = output == LogOutput::kTemplate;
  if (has_template == template_text.empty()) {
    return absl::InvalidArgumentError(
        has_template ? "cannot print by a template: none was given, want --template TEXT"
                     : "cannot use --template with this output, want --output template");
  }
  auto state = std::make_unique<State>(State{output, context, {}, {}, {}, {}, {}});
  if (has_template) {
    VARVE_ASSIGN_OR_RETURN(state->line_template,
                           Template::Parse("template", template_text, query::FormatFunctions()));
  }
  return LogLinePrinter(std::move(state));
}

absl::Status LogLinePrinter::Print(const AnswerLabels& labels, const AnswerLine& line) {
  const CommandContext& context = state_->context;
  switch (state_->output) {
    case LogOutput::kRaw:
      *context.out << state_->Fit(line.line) << '\n';
      break;
    case LogOutput::kJsonLines:
      *context.out << "{\"timestamp\":" << JsonQuote(context.times.Exact(line.time_ns))
                   << ",\"labels\":" << state_->Labels(labels)
                   << ",\"line\":" << JsonQuote(line.line) << "}\n";
      break;
    case LogOutput::kDefault: {
      const std::string& labels_text = state_->Labels(labels);
      const Colour colour = state_->is_context ? Colour::kDim : Colour::kNone;
      *context.out << Paint(context.times.Milliseconds(line.time_ns), Colour::kDim, context.colours)
                   << ' ' << labels_text << ' '
                   << Paint(state_->Fit(line.line), colour, context.colours) << '\n';
      break;
    }
    case LogOutput::kTemplate: {
      const std::string timestamp = context.times.Exact(line.time_ns);
      const LineFields fields(labels, timestamp, line.line);
      const query::FormatEntry entry{line.line, line.time_ns};
      std::string text;
      state_->run.arena().Reset();
      VARVE_RETURN_IF_ERROR(state_->line_template->Execute(TemplateValue::StringMap(&fields),
                                                           &entry, &state_->run, &text));
      *context.out << state_->Fit(text) << '\n';
      break;
    }
  }
  return absl::OkStatus();
}

void LogLinePrinter::PrintSample(const AnswerLabels& labels, const AnswerSample& sample) {
  const CommandContext& context = state_->context;
  *context.out << "{\"timestamp\":" << JsonQuote(context.times.Exact(sample.time_ns))
               << ",\"labels\":" << LabelsJson(labels) << ",\"value\":" << JsonQuote(sample.value)
               << "}\n";
}

}  // namespace varve::tools
