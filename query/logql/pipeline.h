// Pipeline: the stages of a log expression, compiled.
//
// Line filters move in front of parsers where nothing before them changes the line: they are the
// cheapest stages and drop most. For the same reason an equality behind a parser, `| json |
// level="error"`, looks for its text in the line first.
//
// Threads:  immutable; any number of threads may use one, each with its own PipelineEntry.
// Errors:   Compile: INVALID_ARGUMENT in Loki's words.
#ifndef QUERY_LOGQL_PIPELINE_H_
#define QUERY_LOGQL_PIPELINE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/logql/ast.h"
#include "query/logql/stage.h"

namespace varve::query {

class Pipeline {
 public:
  static absl::StatusOr<Pipeline> Compile(const std::vector<StageExpr>& stages);
  // Adds the filters that stand behind an unwrap.
  static absl::StatusOr<std::vector<StagePtr>> CompileFilters(
      const std::vector<LabelFilterExpr>& filters);

  // Whether the entry stays. REQUIRES: entry->labels has begun it, and entry->needs is set.
  bool Process(PipelineEntry* entry) const {
    for (const StagePtr& stage : stages_) {
      if (!stage->Process(entry)) return false;
    }
    return true;
  }

  bool empty() const { return stages_.empty(); }
  bool reads_line() const { return reads_line_; }
  bool changes_line() const { return changes_line_; }
  // Whether every stage is a line filter, so that labels do not matter to it.
  bool line_filters_only() const { return line_filters_only_; }
  // Texts that every line that passes contains.
  const std::vector<std::string>& required_texts() const { return required_texts_; }
  // The labels that stages look at.
  const std::vector<std::string>& label_names() const { return label_names_; }
  // Whether a stage may look at any label: a template that takes all of them.
  bool uses_all_labels() const { return uses_all_labels_; }

 private:
  absl::Status Add(const StageExpr& expr);

  std::vector<StagePtr> stages_;
  bool reads_line_ = false;
  bool changes_line_ = false;
  bool line_filters_only_ = true;
  std::vector<std::string> required_texts_;
  std::vector<std::string> label_names_;
  bool uses_all_labels_ = false;
};

// Without the stages line_format that no later stage reads: what a query that does not look at the
// line either may leave out. Their templates are then not even compiled, as in Loki.
std::vector<StageExpr> WithoutUnusedLineFormats(std::vector<StageExpr> stages);

// The names a label filter looks at.
void CollectLabelNames(const LabelFilterExpr& expr, std::vector<std::string>* names);

}  // namespace varve::query

#endif  // QUERY_LOGQL_PIPELINE_H_
