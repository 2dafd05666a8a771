#include "tools/logs_fields_command.h"

#include <simdjson.h>

#include <utility>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/text_table.h"

namespace varve::tools {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::array;
using simdjson::dom::element;
using storage::StrCat;

absl::Status FieldsError(std::string_view wanted) {
  return absl::InternalError(StrCat("cannot read the server's answer: want ", wanted));
}

std::string Joined(element list) {
  std::string text;
  array items;
  if (list.get(items) != SUCCESS) return text;
  for (const element item : items) {
    std::string_view name;
    if (item.get(name) == SUCCESS) storage::StrAppend(&text, text.empty() ? "" : ", ", name);
  }
  return text;
}

// {"fields":[{"label":"..","type":"int","cardinality":3,"parsers":["json"]},..]}
absl::Status ReadFields(element root, TextTable* table) {
  table->columns = {{"field", TextTable::Kind::kText},
                    {"type", TextTable::Kind::kText},
                    {"values", TextTable::Kind::kNumber},
                    {"parsers", TextTable::Kind::kText}};
  array fields;
  if (root["fields"].get(fields) != SUCCESS) return absl::OkStatus();
  for (const element field : fields) {
    std::string_view label, type;
    uint64_t cardinality = 0;
    if (field["label"].get(label) != SUCCESS || field["type"].get(type) != SUCCESS ||
        field["cardinality"].get(cardinality) != SUCCESS) {
      return FieldsError("a field, its type and cardinality");
    }
    element parsers;
    const bool has_parsers = field["parsers"].get(parsers) == SUCCESS;
    table->rows.push_back({std::string(label), std::string(type), StrCat(cardinality),
                           has_parsers ? Joined(parsers) : std::string()});
  }
  return absl::OkStatus();
}

// {"values":["..",..]}
absl::Status ReadValues(element root, const std::string& field, TextTable* table) {
  table->columns = {{field, TextTable::Kind::kText}};
  array values;
  if (root["values"].get(values) != SUCCESS) return absl::OkStatus();
  for (const element value : values) {
    std::string_view text;
    if (value.get(text) != SUCCESS) return FieldsError("values that are texts");
    table->rows.push_back({std::string(text)});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunLogsFields(const LogsFieldsOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span, ResolveTimeSpan(options.span, "1h", context.now_ns));
  const std::string path = options.field.empty() ? std::string("/loki/api/v1/detected_fields")
                                                 : StrCat("/loki/api/v1/detected_field/",
                                                          PercentEncode(options.field), "/values");
  VARVE_ASSIGN_OR_RETURN(const std::string body,
                         context.http->Get(path, {{"query", options.selector},
                                                  {"start", StrCat(span.start_ns)},
                                                  {"end", StrCat(span.end_ns)},
                                                  {"line_limit", StrCat(options.lines)},
                                                  {"limit", StrCat(options.limit)}}));
  simdjson::dom::parser parser;
  const simdjson::padded_string text(body);
  element root;
  if (parser.parse(text).get(root) != SUCCESS) return FieldsError("JSON");
  TextTable table;
  VARVE_RETURN_IF_ERROR(options.field.empty() ? ReadFields(root, &table)
                                              : ReadValues(root, options.field, &table));
  PrintTable(table, options.output, context);
  return absl::OkStatus();
}

}  // namespace varve::tools
