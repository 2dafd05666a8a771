// The functions that the templates of line_format and label_format may call, and what they see of
// an entry.
//
// Source:   Loki's documentation, "Template functions".
// Threads:  immutable.
#ifndef QUERY_LOGQL_FORMAT_FUNCTIONS_H_
#define QUERY_LOGQL_FORMAT_FUNCTIONS_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "query/logql/entry_labels.h"
#include "query/template/function_table.h"
#include "query/template/value.h"

namespace varve::query {

// The environment of an execution: the entry at hand.
struct FormatEntry {
  std::string_view line;
  int64_t timestamp_ns = 0;
};

const TemplateFunctionTable& FormatFunctions();

// The labels of an entry, errors included, as the dot of a template.
class EntryFields final : public TemplateMap {
 public:
  explicit EntryFields(const EntryLabels& labels)
      : EntryFields(labels.fields(), labels.error(), labels.error_details()) {}
  EntryFields(std::span<const EntryLabels::Field> fields, std::string_view error,
              std::string_view error_details)
      : fields_(fields), error_(error), error_details_(error_details) {}
  bool Find(std::string_view name, std::string_view* value) const override;
  size_t size() const override;
  std::span<const TemplateField> Fields(TemplateArena* arena) const override;

 private:
  std::span<const EntryLabels::Field> fields_;
  std::string_view error_;
  std::string_view error_details_;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_FORMAT_FUNCTIONS_H_
