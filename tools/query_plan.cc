#include "tools/query_plan.h"

#include <simdjson.h>

#include <cstdio>
#include <string>
#include <vector>

#include "storage/model/text.h"
#include "tools/result_table.h"
#include "tools/text_table.h"

namespace varve::tools {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr int kDepthMax = 256;

// 0.0000123 as 0.012 ms.
std::string Milliseconds(double seconds) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.3f", seconds * 1000);
  return text;
}

bool AddOperator(const object& fields, int depth, TextTable* table) {
  std::string_view name;
  double seconds = 0;
  array inputs;
  if (depth > kDepthMax || fields["operator"].get(name) != simdjson::SUCCESS ||
      fields["seconds"].get(seconds) != simdjson::SUCCESS ||
      fields["inputs"].get(inputs) != simdjson::SUCCESS) {
    return false;
  }
  std::vector<std::string> row = {
      storage::StrCat(std::string(static_cast<size_t>(depth) * 2, ' '), name),
      Milliseconds(seconds)};
  for (const char* key : {"series", "samples", "bytes"}) {
    uint64_t number = 0;
    if (fields[key].get(number) != simdjson::SUCCESS) return false;
    row.push_back(std::to_string(number));
  }
  table->rows.push_back(std::move(row));
  for (const element input : inputs) {
    object below;
    if (input.get(below) != simdjson::SUCCESS || !AddOperator(below, depth + 1, table)) {
      return false;
    }
  }
  return true;
}

}  // namespace

absl::Status PrintQueryPlan(const QueryAnswer& answer, OutputFormat format,
                            const CommandContext& context) {
  PrintNotices(answer.notices, context);
  simdjson::dom::parser parser;
  object data;
  object plan;
  TextTable table;
  table.columns = {{"operator", TextTable::Kind::kText},
                   {"ms", TextTable::Kind::kNumber},
                   {"series", TextTable::Kind::kNumber},
                   {"samples", TextTable::Kind::kNumber},
                   {"bytes", TextTable::Kind::kNumber}};
  const simdjson::padded_string text(answer.data);
  if (parser.parse(text).get(data) != simdjson::SUCCESS ||
      data["explain"].get(plan) != simdjson::SUCCESS || !AddOperator(plan, 0, &table)) {
    return absl::FailedPreconditionError(
        "cannot explain the query: the server answered no plan, want a Varve");
  }
  PrintTable(table, format, context);
  return absl::OkStatus();
}

}  // namespace varve::tools
