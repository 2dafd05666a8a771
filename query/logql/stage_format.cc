// The stages line_format and label_format.
#include <optional>
#include <span>
#include <utility>

#include "query/logql/format_functions.h"
#include "query/logql/lexer.h"
#include "query/logql/printer.h"
#include "query/logql/stage.h"
#include "query/template/template.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::StrCat;

constexpr std::string_view kTemplateError = "TemplateFormatErr";

// Appends what the template makes of the fields; false where the entry has got an error instead.
bool Format(const Template& format, const EntryFields& fields, PipelineEntry* entry,
            std::string* out) {
  const FormatEntry environment{entry->line, entry->timestamp_ns};
  entry->format.arena().Reset();
  const absl::Status status =
      format.Execute(TemplateValue::StringMap(&fields), &environment, &entry->format, out);
  if (status.ok()) return true;
  // Unlike that of a parser, the error of a template takes the place of an earlier one.
  entry->labels.ResetError();
  entry->labels.SetError(kTemplateError, entry->labels.Keep(std::string(status.message())));
  return false;
}

void AddUse(const Template& format, std::vector<std::string>* names, bool* all) {
  const TemplateFieldUse& use = format.fields();
  names->insert(names->end(), use.names.begin(), use.names.end());
  *all = *all || use.all;
}

class LineFormatStage final : public Stage {
 public:
  explicit LineFormatStage(Template format) : format_(std::move(format)) {
    if (const std::string* field = format_.single_field()) field_ = *field;
  }
  bool changes_line() const override { return true; }
  void AddLabelUse(std::vector<std::string>* names, bool* all) const override {
    AddUse(format_, names, all);
  }

  bool Process(PipelineEntry* entry) const override {
    if (!field_.empty()) {
      const std::string_view* value = entry->labels.Find(field_);
      entry->line = value == nullptr ? std::string_view() : *value;
      return true;
    }
    std::string* line = entry->labels.NewText();
    if (Format(format_, EntryFields(entry->labels), entry, line)) entry->line = *line;
    return true;
  }

 private:
  Template format_;
  std::string field_;  // of `{{.field}}`, which copies nothing
};

class LabelFormatStage final : public Stage {
 public:
  struct Item {
    std::string target;
    std::string source;  // of a rename
    std::optional<Template> format;
  };
  explicit LabelFormatStage(std::vector<Item> items) : items_(std::move(items)) {
    for (const Item& item : items_) {
      if (item.format) reads_line_ = true;
    }
  }
  bool reads_line() const override { return reads_line_; }
  void AddLabelUse(std::vector<std::string>* names, bool* all) const override {
    for (const Item& item : items_) {
      if (item.format) {
        AddUse(*item.format, names, all);
      } else {
        names->push_back(item.source);
      }
    }
  }

  bool Process(PipelineEntry* entry) const override {
    EntryLabels* labels = &entry->labels;
    // All templates of the stage see the labels as they are at the first of them.
    std::optional<EntryFields> fields;
    for (const Item& item : items_) {
      if (!item.format) {
        Rename(item, labels);
        continue;
      }
      if (!fields) {
        entry->format_fields = labels->fields();
        fields.emplace(entry->format_fields, labels->error(), labels->error_details());
      }
      std::string* value = labels->NewText();
      if (Format(*item.format, *fields, entry, value)) labels->Set(item.target, *value);
    }
    return true;
  }

 private:
  static void Rename(const Item& item, EntryLabels* labels) {
    const std::string_view* found = labels->Find(item.source);
    if (found == nullptr) return;
    const std::string_view value = *found;
    labels->Set(item.target, value);
    if (item.source != item.target) labels->Remove(item.source);
  }

  std::vector<Item> items_;
  bool reads_line_ = false;
};

}  // namespace

absl::StatusOr<StagePtr> MakeLineFormatStage(const LineFormatExpr& expr) {
  absl::StatusOr<Template> format = Template::Parse("line", expr.text, FormatFunctions());
  if (!format.ok()) {
    return ParseError(StrCat("stage '", PrintStage(StageExpr(expr)), "' : invalid line template: ",
                             storage::ToStd(format.status().message())));
  }
  return StagePtr(std::make_unique<LineFormatStage>(*std::move(format)));
}

absl::StatusOr<StagePtr> MakeLabelFormatStage(const LabelFormatExpr& expr) {
  std::vector<LabelFormatStage::Item> items;
  for (const LabelFormatExpr::Item& from : expr.items) {
    LabelFormatStage::Item item;
    item.target = from.target;
    if (from.is_rename) {
      item.source = from.source;
    } else {
      absl::StatusOr<Template> format = Template::Parse("label", from.source, FormatFunctions());
      if (!format.ok()) {
        return ParseError(StrCat("stage '", PrintStage(StageExpr(expr)),
                                 "' : invalid template for label '", from.target,
                                 "': ", storage::ToStd(format.status().message())));
      }
      item.format = *std::move(format);
    }
    items.push_back(std::move(item));
  }
  return StagePtr(std::make_unique<LabelFormatStage>(std::move(items)));
}

}  // namespace varve::query
