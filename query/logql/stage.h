// Stage: one step of a pipeline, compiled: it keeps or drops an entry, and may change its line and
// its labels.
//
// Threads:  immutable; any number of threads may use one, each with its own PipelineEntry.
// Errors:   factories: INVALID_ARGUMENT, in Loki's words.
#ifndef QUERY_LOGQL_STAGE_H_
#define QUERY_LOGQL_STAGE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/logql/ast.h"
#include "query/logql/entry_labels.h"
#include "query/template/template.h"

namespace varve::query {

// What a metric query needs of the labels; lets a parser stop early.
struct LabelNeeds {
  bool all = true;                 // else only `names`
  std::vector<std::string> names;  // none: the query needs no label at all

  bool none() const { return !all && names.empty(); }
  bool Wants(std::string_view name) const;
};

// One entry on its way through a pipeline.
struct PipelineEntry {
  std::string_view line;
  int64_t timestamp_ns = 0;
  EntryLabels labels;
  const LabelNeeds* needs = nullptr;

  // Memory of the format stages, used again for each entry.
  TemplateRun format;
  std::vector<EntryLabels::Field> format_fields;
};

class Stage {
 public:
  virtual ~Stage() = default;
  // Whether the entry stays.
  virtual bool Process(PipelineEntry* entry) const = 0;
  // Whether the stage looks at the line, and whether it may replace it.
  virtual bool reads_line() const { return true; }
  virtual bool changes_line() const { return false; }
  // Adds the labels that its templates look at; `*all` where that may be any.
  virtual void AddLabelUse(std::vector<std::string>* names, bool* all) const {
    (void)names, (void)all;
  }
};
using StagePtr = std::unique_ptr<const Stage>;

absl::StatusOr<StagePtr> MakeLineFilterStage(const LineFilterExpr& expr);
absl::StatusOr<StagePtr> MakeLabelFilterStage(const LabelFilterExpr& expr);
absl::StatusOr<StagePtr> MakeJsonStage(const JsonExpr& expr);
absl::StatusOr<StagePtr> MakeLogfmtStage(const LogfmtExpr& expr);
absl::StatusOr<StagePtr> MakePatternStage(const PatternExpr& expr);
absl::StatusOr<StagePtr> MakeRegexpStage(const RegexpExpr& expr);
// Drops entries that a filter `name="text"` behind a parser would drop: those whose line does not
// have the text, where nothing else can give it to the label.
StagePtr MakeTextGuardStage(std::string name, std::string text);
StagePtr MakeUnpackStage();
StagePtr MakeDecolorizeStage();
absl::StatusOr<StagePtr> MakeLineFormatStage(const LineFormatExpr& expr);
absl::StatusOr<StagePtr> MakeLabelFormatStage(const LabelFormatExpr& expr);
StagePtr MakeLabelSelectStage(const LabelSelectExpr& expr);

// A label name made of `text`: what no name may hold becomes `_`; at the front of a name a digit
// gets a `_` before it. Returns `text` itself where it is a name already.
std::string_view SanitizeLabelName(std::string_view text, bool at_front, EntryLabels* keeper);

}  // namespace varve::query

#endif  // QUERY_LOGQL_STAGE_H_
