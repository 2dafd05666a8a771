#include "query/logql/detected_fields.h"

#include <charconv>
#include <utility>

#include "query/logql/entry_labels.h"
#include "query/logql/json_scan.h"
#include "query/logql/logfmt_scan.h"
#include "query/logql/quantity.h"
#include "query/logql/stage.h"

namespace varve::query {
namespace {

constexpr std::string_view kJson = "json";
constexpr std::string_view kLogfmt = "logfmt";
// Deeper objects are not looked into.
constexpr size_t kDepthMax = 16;
// Different values of one field that are kept apart; Grafana asks for no more.
constexpr size_t kValuesMax = 10'000;

bool IsInteger(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool IsBoolean(std::string_view text) {
  for (const std::string_view word :
       {"t", "T", "TRUE", "true", "True", "f", "F", "FALSE", "false", "False"}) {
    if (text == word) return true;
  }
  return false;
}

// Adds the fields of one line of a stream.
class LineFields {
 public:
  LineFields(storage::LabelSetView stream, const StreamsResult::Line& line, DetectedFields* fields)
      : stream_(stream), line_(line), fields_(fields) {}

  void Detect() {
    for (const storage::LabelView& label : line_.structured_metadata) {
      Add(label.name, label.value, {}, nullptr);
    }
    const bool json = AddJson();
    if (!json) AddLogfmt();
    // What stages found that neither of the two did: pattern, regexp, label_format.
    for (const storage::LabelView& label : line_.parsed) {
      if (label.name == kErrorLabel || label.name == kErrorDetailsLabel) continue;
      if (fields_->count(std::string(label.name)) == 0) Add(label.name, label.value, {}, nullptr);
    }
  }

 private:
  struct Found {
    std::string name;
    std::string value;
    std::vector<std::string> path;
  };

  void Add(std::string_view name, std::string_view value, std::string_view parser,
           std::vector<std::string>* path) {
    DetectedField& field = (*fields_)[std::string(name)];
    if (field.type.empty()) field.type = DetectFieldType(value);
    if (field.values.size() < kValuesMax) field.values.emplace(value);
    if (!parser.empty()) field.parsers.emplace(parser);
    if (path != nullptr && field.json_path.empty()) field.json_path = std::move(*path);
  }

  // Names that stream or metadata have belong to them.
  std::string FieldName(std::string name) const {
    const bool taken = stream_.Has(name) || line_.structured_metadata.Has(name);
    return taken ? name + "_extracted" : name;
  }

  // False where the line is no JSON object as a whole.
  bool AddJson() {
    if (line_.line.find('{') == std::string::npos) return false;
    std::vector<Found> found;
    JsonScan scan(line_.line);
    std::vector<std::string> path;
    if (!scan.EnterObject() || !Flatten(&scan, {}, &path, &found)) return false;
    for (Found& field : found) {
      Add(FieldName(std::move(field.name)), field.value, kJson, &field.path);
    }
    return true;
  }

  bool Flatten(JsonScan* scan, const std::string& prefix, std::vector<std::string>* path,
               std::vector<Found>* found) {
    std::string_view key;
    JsonValue value;
    while (scan->NextMember(&key, &value)) {
      if (value.type == JsonType::kNull || value.type == JsonType::kArray) continue;
      std::string buffer;
      const std::string plain(UnescapeJson(key, &buffer));
      std::string name(SanitizeLabelName(plain, prefix.empty(), &labels_));
      if (name.empty()) continue;
      if (!prefix.empty()) name = prefix + "_" + name;
      path->push_back(plain);
      if (value.type == JsonType::kObject) {
        if (path->size() < kDepthMax) {
          JsonScan inner(value.text);
          inner.EnterObject();
          if (!Flatten(&inner, name, path, found)) return false;
        }
      } else {
        found->push_back({std::move(name), std::string(UnescapeJson(value.text, &buffer)), *path});
      }
      path->pop_back();
    }
    return scan->error().empty();
  }

  void AddLogfmt() {
    LogfmtScan scan(line_.line);
    for (LogfmtScan::Step step = scan.Next(); step == LogfmtScan::Step::kPair; step = scan.Next()) {
      if (scan.value().empty()) continue;
      const std::string_view name = SanitizeLabelName(scan.key(), true, &labels_);
      if (!name.empty()) Add(FieldName(std::string(name)), scan.value(), kLogfmt, nullptr);
    }
  }

  storage::LabelSetView stream_;
  const StreamsResult::Line& line_;
  DetectedFields* fields_;
  EntryLabels labels_;  // keeps sanitised names
};

}  // namespace

std::string_view DetectFieldType(std::string_view value) {
  if (IsInteger(value)) return "int";
  if (ParseFloatValue(value).ok()) return "float";
  if (IsBoolean(value)) return "boolean";
  if (ParseDurationValue(value).ok()) return "duration";
  if (ParseBytesValue(value).ok()) return "bytes";
  return "string";
}

DetectedFields DetectFields(const StreamsResult& result) {
  DetectedFields fields;
  for (const StreamsResult::Stream& stream : result.streams) {
    for (const StreamsResult::Line& line : stream.lines) {
      LineFields(stream.labels, line, &fields).Detect();
    }
  }
  return fields;
}

}  // namespace varve::query
