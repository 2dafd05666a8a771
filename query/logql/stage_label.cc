// The stages drop and keep.
#include <utility>

#include "query/logql/stage.h"

namespace varve::query {
namespace {

class DropStage final : public Stage {
 public:
  explicit DropStage(const LabelSelectExpr& expr) : expr_(expr) {}
  bool reads_line() const override { return false; }
  bool Process(PipelineEntry* entry) const override {
    EntryLabels* labels = &entry->labels;
    for (const LabelSelectExpr::Item& item : expr_.items) {
      if (item.matcher && !item.matcher->Matches(labels->Get(item.name))) continue;
      if (item.name == kErrorLabel) {
        labels->ResetError();
      } else if (item.name == kErrorDetailsLabel) {
        labels->ResetErrorDetails();
      } else {
        labels->Remove(item.name);
      }
    }
    return true;
  }

 private:
  LabelSelectExpr expr_;
};

// Keeps the error labels always.
class KeepStage final : public Stage {
 public:
  explicit KeepStage(const LabelSelectExpr& expr) : expr_(expr) {}
  bool reads_line() const override { return false; }
  bool Process(PipelineEntry* entry) const override {
    std::vector<std::string_view> removed;
    for (const EntryLabels::Field& field : entry->labels.fields()) {
      if (!Keeps(field)) removed.push_back(field.name);
    }
    for (const std::string_view name : removed) entry->labels.Remove(name);
    return true;
  }

 private:
  bool Keeps(const EntryLabels::Field& field) const {
    for (const LabelSelectExpr::Item& item : expr_.items) {
      if (item.name == field.name && (!item.matcher || item.matcher->Matches(field.value))) {
        return true;
      }
    }
    return false;
  }

  LabelSelectExpr expr_;
};

}  // namespace

StagePtr MakeLabelSelectStage(const LabelSelectExpr& expr) {
  if (expr.keep) return std::make_unique<KeepStage>(expr);
  return std::make_unique<DropStage>(expr);
}

}  // namespace varve::query
