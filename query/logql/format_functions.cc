#include "query/logql/format_functions.h"

#include <algorithm>

#include "query/logql/quantity.h"
#include "query/template/functions.h"
#include "query/template/go_time.h"

namespace varve::query {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;

const FormatEntry& EntryOf(const TemplateCall& call) {
  return *static_cast<const FormatEntry*>(call.environment());
}

TemplateValue Line(TemplateCall* call) { return TemplateValue::String(EntryOf(*call).line); }

TemplateValue Timestamp(TemplateCall* call) {
  return TemplateValue::Time(
      call->arena()->New(GoTime::FromUnixNs(EntryOf(*call).timestamp_ns, LocalZone())));
}

TemplateValue Bytes(TemplateCall* call) {
  const absl::StatusOr<uint64_t> bytes = ParseBytesValue(call->text(0));
  if (!bytes.ok()) return call->Fail(std::string(bytes.status().message()));
  return TemplateValue::Float(static_cast<double>(*bytes));
}

TemplateValue DurationSeconds(TemplateCall* call) {
  const absl::StatusOr<int64_t> duration = ParseDurationValue(call->text(0));
  if (!duration.ok()) return call->Fail(std::string(duration.status().message()));
  return TemplateValue::Float(static_cast<double>(*duration) / kNanosecondsPerSecond);
}

TemplateFunctionTable MakeTable() {
  TemplateFunctionTable table;
  AddTextFunctions(&table);
  AddRegexFunctions(&table);
  AddMathFunctions(&table);
  AddEncodingFunctions(&table);
  AddTimeFunctions(&table);
  table.Add({"__line__", {}, false, Line});
  table.Add({"__timestamp__", {}, false, Timestamp});
  table.Add({"bytes", {TemplateParameter::kString}, false, Bytes});
  table.Add({"duration", {TemplateParameter::kString}, false, DurationSeconds});
  table.Add({"duration_seconds", {TemplateParameter::kString}, false, DurationSeconds});
  return table;
}

}  // namespace

const TemplateFunctionTable& FormatFunctions() {
  static const TemplateFunctionTable table = MakeTable();
  return table;
}

bool EntryFields::Find(std::string_view name, std::string_view* value) const {
  for (const EntryLabels::Field& field : fields_) {
    if (field.name != name) continue;
    *value = field.value;
    return true;
  }
  if (name == kErrorLabel) *value = error_;
  if (name == kErrorDetailsLabel) *value = error_details_;
  return !value->empty();
}

size_t EntryFields::size() const {
  return fields_.size() + (error_.empty() ? 0 : 1) + (error_details_.empty() ? 0 : 1);
}

std::span<const TemplateField> EntryFields::Fields(TemplateArena* arena) const {
  std::vector<TemplateField> fields;
  for (const EntryLabels::Field& field : fields_) {
    fields.push_back({field.name, TemplateValue::String(field.value)});
  }
  if (!error_.empty()) fields.push_back({kErrorLabel, TemplateValue::String(error_)});
  if (!error_details_.empty()) {
    fields.push_back({kErrorDetailsLabel, TemplateValue::String(error_details_)});
  }
  std::sort(fields.begin(), fields.end(),
            [](const TemplateField& a, const TemplateField& b) { return a.name < b.name; });
  return arena->KeepAll(fields);
}

}  // namespace varve::query
