// The stage logfmt.
#include <utility>

#include "query/logql/lexer.h"
#include "query/logql/logfmt_scan.h"
#include "query/logql/stage.h"
#include "query/logql/utf8.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

constexpr std::string_view kLogfmtError = "LogfmtParserErr";

class LogfmtStage final : public Stage {
 public:
  explicit LogfmtStage(const LogfmtExpr& expr) : expr_(expr) {}

  bool Process(PipelineEntry* entry) const override {
    if (entry->needs->none()) return true;
    LogfmtScan scan(entry->line);
    while (true) {
      const LogfmtScan::Step step = scan.Next();
      if (step == LogfmtScan::Step::kEnd) return true;
      if (step == LogfmtScan::Step::kPair) {
        Add(scan, entry);
      } else if (expr_.strict) {
        entry->labels.SetError(kLogfmtError, entry->labels.Keep(std::string(scan.error())));
        return true;
      }
    }
  }

 private:
  void Add(const LogfmtScan& scan, PipelineEntry* entry) const {
    if (!expr_.keep_empty && scan.value().empty()) return;
    EntryLabels* labels = &entry->labels;
    const std::string_view name = SanitizeLabelName(scan.key(), true, labels);
    if (name.empty()) return;
    if (!expr_.extractions.empty()) {
      for (const LabelExtraction& extraction : expr_.extractions) {
        if (extraction.path == name) labels->AddParsed(extraction.identifier, Value(scan, labels));
      }
      return;
    }
    if (entry->needs->Wants(name)) labels->AddParsed(name, Value(scan, labels));
  }

  static std::string_view Value(const LogfmtScan& scan, EntryLabels* labels) {
    std::string buffer;
    const std::string_view clean = ReplaceInvalidUtf8(scan.value(), &buffer);
    if (clean.data() == scan.value().data() && !scan.value_is_copy()) return clean;
    return labels->Keep(std::string(clean));
  }

  LogfmtExpr expr_;
};

}  // namespace

absl::StatusOr<StagePtr> MakeLogfmtStage(const LogfmtExpr& expr) {
  for (const LabelExtraction& extraction : expr.extractions) {
    if (extraction.path.empty() || extraction.path.find_first_of(" =\"") != std::string::npos) {
      return ParseError(storage::StrCat(
          "invalid logfmt parser expression: cannot parse expression [", extraction.path, "]"));
    }
  }
  return StagePtr(std::make_unique<LogfmtStage>(expr));
}

}  // namespace varve::query
