// The stages that change labels alone: label_format, drop and keep.
#include <utility>

#include "query/logql/stage.h"

namespace varve::query {
namespace {

class LabelFormatStage final : public Stage {
 public:
  explicit LabelFormatStage(const LabelFormatExpr& expr) : expr_(expr) {}
  bool reads_line() const override { return false; }
  bool Process(PipelineEntry* entry) const override {
    for (const LabelFormatExpr::Rename& rename : expr_.renames) {
      const std::string_view* found = entry->labels.Find(rename.source);
      if (found == nullptr) continue;
      const std::string_view value = *found;
      entry->labels.Set(rename.target, value);
      if (rename.source != rename.target) entry->labels.Remove(rename.source);
    }
    return true;
  }

 private:
  LabelFormatExpr expr_;
};

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

StagePtr MakeLabelFormatStage(const LabelFormatExpr& expr) {
  return std::make_unique<LabelFormatStage>(expr);
}

StagePtr MakeLabelSelectStage(const LabelSelectExpr& expr) {
  if (expr.keep) return std::make_unique<KeepStage>(expr);
  return std::make_unique<DropStage>(expr);
}

}  // namespace varve::query
