#include "query/logql/pipeline.h"

#include <algorithm>
#include <utility>

#include "query/logql/line_filter.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

struct StageMaker {
  using Result = absl::StatusOr<StagePtr>;
  Result operator()(const LineFilterExpr& expr) const { return MakeLineFilterStage(expr); }
  Result operator()(const LabelFilterExpr& expr) const { return MakeLabelFilterStage(expr); }
  Result operator()(const JsonExpr& expr) const { return MakeJsonStage(expr); }
  Result operator()(const LogfmtExpr& expr) const { return MakeLogfmtStage(expr); }
  Result operator()(const PatternExpr& expr) const { return MakePatternStage(expr); }
  Result operator()(const RegexpExpr& expr) const { return MakeRegexpStage(expr); }
  Result operator()(const UnpackExpr&) const { return MakeUnpackStage(); }
  Result operator()(const DecolorizeExpr&) const { return MakeDecolorizeStage(); }
  Result operator()(const LineFormatExpr& expr) const { return MakeLineFormatStage(expr); }
  Result operator()(const LabelFormatExpr& expr) const { return MakeLabelFormatStage(expr); }
  Result operator()(const LabelSelectExpr& expr) const { return MakeLabelSelectStage(expr); }
};

void CollectStageLabelNames(const StageExpr& expr, std::vector<std::string>* names) {
  if (const auto* filter = std::get_if<LabelFilterExpr>(&expr)) CollectLabelNames(*filter, names);
  if (const auto* select = std::get_if<LabelSelectExpr>(&expr)) {
    for (const LabelSelectExpr::Item& item : select->items) {
      if (item.matcher) names->push_back(item.name);
    }
  }
}

bool ChangesLine(const StageExpr& stage) {
  return std::holds_alternative<UnpackExpr>(stage) ||
         std::holds_alternative<DecolorizeExpr>(stage) ||
         std::holds_alternative<LineFormatExpr>(stage);
}

// Whether what the stage does depends on the line.
bool UsesLine(const StageExpr& stage) {
  if (const auto* format = std::get_if<LabelFormatExpr>(&stage)) {
    return std::any_of(format->items.begin(), format->items.end(), [](const auto& item) {
      return !item.is_rename && item.source.find("__line__") != std::string::npos;
    });
  }
  return !std::holds_alternative<LabelFilterExpr>(stage) &&
         !std::holds_alternative<LabelSelectExpr>(stage) &&
         !std::holds_alternative<LineFormatExpr>(stage) &&
         !std::holds_alternative<DecolorizeExpr>(stage);
}

// Whether a value that is equal to the text stands in the line as it is: parsers put spaces and
// other characters in the place of bytes that are no text.
bool StandsInLine(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
}

// The equalities that must all hold of labels that stages[parser], a parser, may find.
void CollectGuards(const LabelFilterExpr& filter, std::vector<StagePtr>* guards) {
  if (filter.kind == LabelFilterExpr::Kind::kAnd) {
    for (const LabelFilterExpr& operand : filter.operands) CollectGuards(operand, guards);
    return;
  }
  if (filter.kind != LabelFilterExpr::Kind::kString || !filter.matcher) return;
  const std::string text(filter.matcher->value());
  if (filter.matcher->type() != storage::MatchType::kEqual || !StandsInLine(text)) return;
  // Names that do not come from the line alone.
  if (filter.name.starts_with("__") || filter.name.ends_with(kExtractedSuffix)) return;
  guards->push_back(MakeTextGuardStage(filter.name, text));
}

std::vector<StagePtr> GuardsOf(const std::vector<StageExpr>& stages, size_t parser) {
  std::vector<StagePtr> guards;
  const auto* json = std::get_if<JsonExpr>(&stages[parser]);
  const auto* logfmt = std::get_if<LogfmtExpr>(&stages[parser]);
  // An extraction may make a text of its own of what the line has: an object.
  if ((json == nullptr || !json->extractions.empty()) && logfmt == nullptr) return guards;
  for (size_t i = parser + 1; i < stages.size(); ++i) {
    if (const auto* filter = std::get_if<LabelFilterExpr>(&stages[i])) {
      CollectGuards(*filter, &guards);
    } else if (!std::holds_alternative<LineFilterExpr>(stages[i])) {
      break;
    }
  }
  return guards;
}

}  // namespace

std::vector<StageExpr> WithoutUnusedLineFormats(std::vector<StageExpr> stages) {
  const auto last_use = std::find_if(stages.rbegin(), stages.rend(), UsesLine).base();
  stages.erase(std::remove_if(last_use, stages.end(),
                              [](const StageExpr& stage) {
                                return std::holds_alternative<LineFormatExpr>(stage);
                              }),
               stages.end());
  return stages;
}

void CollectLabelNames(const LabelFilterExpr& expr, std::vector<std::string>* names) {
  if (!expr.name.empty()) names->push_back(expr.name);
  for (const LabelFilterExpr& operand : expr.operands) CollectLabelNames(operand, names);
}

absl::Status Pipeline::Add(const StageExpr& expr) {
  VARVE_ASSIGN_OR_RETURN(StagePtr stage, std::visit(StageMaker(), expr));
  reads_line_ = reads_line_ || stage->reads_line();
  changes_line_ = changes_line_ || stage->changes_line();
  CollectStageLabelNames(expr, &label_names_);
  stage->AddLabelUse(&label_names_, &uses_all_labels_);
  stages_.push_back(std::move(stage));
  return absl::OkStatus();
}

absl::StatusOr<Pipeline> Pipeline::Compile(const std::vector<StageExpr>& stages) {
  Pipeline pipeline;
  // Filters before the first stage that changes lines look at the line as it is stored.
  const auto first_change =
      static_cast<size_t>(std::find_if(stages.begin(), stages.end(), ChangesLine) - stages.begin());
  for (size_t i = 0; i < first_change; ++i) {
    const auto* lines = std::get_if<LineFilterExpr>(&stages[i]);
    if (lines == nullptr) continue;
    VARVE_RETURN_IF_ERROR(pipeline.Add(stages[i]));
    VARVE_ASSIGN_OR_RETURN(const LineFilter filter, LineFilter::Create(*lines));
    std::string text = filter.RequiredText();
    if (!text.empty()) pipeline.required_texts_.push_back(std::move(text));
  }
  for (size_t i = 0; i < stages.size(); ++i) {
    if (i < first_change && std::holds_alternative<LineFilterExpr>(stages[i])) continue;
    if (i < first_change) {
      for (StagePtr& guard : GuardsOf(stages, i)) pipeline.stages_.push_back(std::move(guard));
    }
    VARVE_RETURN_IF_ERROR(pipeline.Add(stages[i]));
    pipeline.line_filters_only_ = false;
  }
  return pipeline;
}

absl::StatusOr<std::vector<StagePtr>> Pipeline::CompileFilters(
    const std::vector<LabelFilterExpr>& filters) {
  std::vector<StagePtr> stages;
  for (const LabelFilterExpr& filter : filters) {
    VARVE_ASSIGN_OR_RETURN(StagePtr stage, MakeLabelFilterStage(filter));
    stages.push_back(std::move(stage));
  }
  return stages;
}

}  // namespace varve::query
