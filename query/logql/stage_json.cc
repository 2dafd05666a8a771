// The stages json and unpack.
#include <utility>

#include "query/logql/json_path.h"
#include "query/logql/json_scan.h"
#include "query/logql/lexer.h"
#include "query/logql/stage.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::StrCat;

constexpr std::string_view kJsonError = "JSONParserErr";
constexpr std::string_view kPackedEntry = "_entry";

// Unescaped, alive as long as the entry.
std::string_view Unescape(std::string_view text, EntryLabels* labels) {
  std::string buffer;
  const std::string_view plain = UnescapeJson(text, &buffer);
  return plain.data() == buffer.data() ? labels->Keep(std::move(buffer)) : plain;
}

std::string_view TextOf(const JsonValue& value, EntryLabels* labels) {
  return Unescape(value.text, labels);
}

bool FoundAllNeeded(const PipelineEntry& entry) {
  if (entry.needs->all) return false;
  for (const std::string& name : entry.needs->names) {
    bool parsed = false;
    for (const EntryLabels::Field& field : entry.labels.fields()) {
      parsed = parsed || (field.source == LabelSource::kParsed && field.name == name);
    }
    if (!parsed) return false;
  }
  return true;
}

enum class Walk { kDone, kEnough, kBroken };

Walk FlattenObject(JsonScan* scan, std::string_view prefix, int depth, PipelineEntry* entry) {
  EntryLabels* labels = &entry->labels;
  std::string_view key;
  JsonValue value;
  while (scan->NextMember(&key, &value)) {
    if (value.type == JsonType::kNull || value.type == JsonType::kArray) continue;
    std::string_view name = SanitizeLabelName(Unescape(key, labels), prefix.empty(), labels);
    if (name.empty()) continue;
    if (!prefix.empty()) name = labels->Keep(StrCat(prefix, "_", name));
    if (value.type == JsonType::kObject) {
      if (depth >= kJsonObjectDepthMax) continue;
      JsonScan inner(value.text);
      inner.EnterObject();
      const Walk walk = FlattenObject(&inner, name, depth + 1, entry);
      if (walk == Walk::kBroken) {
        labels->SetError(kJsonError, inner.error());
        return Walk::kBroken;
      }
      if (walk == Walk::kEnough) return walk;
      continue;
    }
    if (!entry->needs->Wants(name)) continue;
    labels->AddParsed(name, value.type == JsonType::kString ? TextOf(value, labels) : value.text);
    if (FoundAllNeeded(*entry)) return Walk::kEnough;
  }
  return scan->error().empty() ? Walk::kDone : Walk::kBroken;
}

class JsonStage final : public Stage {
 public:
  bool Process(PipelineEntry* entry) const override {
    if (entry->needs->none()) return true;
    JsonScan scan(entry->line);
    if (!scan.EnterObject() || FlattenObject(&scan, {}, 1, entry) == Walk::kBroken) {
      entry->labels.SetError(kJsonError, scan.error());
    }
    return true;
  }
};

class JsonPathStage final : public Stage {
 public:
  explicit JsonPathStage(std::vector<std::pair<std::string, JsonPath>> paths)
      : paths_(std::move(paths)) {}

  bool Process(PipelineEntry* entry) const override {
    if (entry->needs->none() || entry->line.empty()) return true;
    const char first = entry->line[0];
    EntryLabels* labels = &entry->labels;
    if (first != '{' && first != '[' && first != '"') {
      labels->SetError(kJsonError, {});
      return true;
    }
    for (const auto& [name, path] : paths_) {
      JsonValue value;
      if (!path.Find(entry->line, &value) || value.type == JsonType::kNull) {
        if (labels->Find(name) == nullptr) labels->AddParsed(name, {});
        continue;
      }
      labels->AddParsed(name, value.type == JsonType::kObject ? value.text : TextOf(value, labels));
    }
    return true;
  }

 private:
  std::vector<std::pair<std::string, JsonPath>> paths_;
};

class UnpackStage final : public Stage {
 public:
  bool changes_line() const override { return true; }
  bool Process(PipelineEntry* entry) const override {
    if (entry->line.empty() || entry->needs->none()) return true;
    EntryLabels* labels = &entry->labels;
    if (entry->line[0] != '{') {
      labels->SetError(kJsonError, "expecting json object(6), but it is not");
      return true;
    }
    JsonScan scan(entry->line);
    scan.EnterObject();
    std::string_view key;
    JsonValue value;
    bool packed = false;
    std::string_view line;
    std::vector<std::pair<std::string_view, std::string_view>> found;
    while (scan.NextMember(&key, &value)) {
      if (value.type != JsonType::kString) continue;
      if (key == kPackedEntry) {
        line = TextOf(value, labels);
        packed = true;
      } else {
        found.emplace_back(SanitizeLabelName(key, true, labels), TextOf(value, labels));
      }
    }
    if (!scan.error().empty()) {
      labels->SetError(kJsonError, scan.error());
      return true;
    }
    if (!packed) return true;
    for (const auto& [name, text] : found) {
      if (!name.empty()) labels->AddParsed(name, text);
    }
    entry->line = line;
    return true;
  }
};

}  // namespace

absl::StatusOr<StagePtr> MakeJsonStage(const JsonExpr& expr) {
  if (expr.extractions.empty()) return StagePtr(std::make_unique<JsonStage>());
  std::vector<std::pair<std::string, JsonPath>> paths;
  for (const LabelExtraction& extraction : expr.extractions) {
    absl::StatusOr<JsonPath> path = JsonPath::Parse(extraction.path);
    if (!path.ok()) {
      return ParseError(StrCat("cannot parse expression [", extraction.path,
                               "]: ", storage::ToStd(path.status().message())));
    }
    paths.emplace_back(extraction.identifier, *std::move(path));
  }
  return StagePtr(std::make_unique<JsonPathStage>(std::move(paths)));
}

StagePtr MakeUnpackStage() { return std::make_unique<UnpackStage>(); }

}  // namespace varve::query
