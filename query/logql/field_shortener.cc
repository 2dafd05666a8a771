#include "query/logql/field_shortener.h"

#include <algorithm>

#include "query/logql/json_path.h"
#include "query/logql/json_scan.h"
#include "query/logql/line_pattern.h"
#include "query/logql/logfmt_scan.h"
#include "query/logql/shape_search.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::LineShape;
using storage::ShortLine;

bool EndsToken(char c) {
  return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool BeginsToken(char c) { return !EndsToken(c) && c != '"' && c != '{' && c != '[' && c != ':'; }

// Whether no value of a slot can change where strings and tokens of JSON begin and end, nor make a
// token that begins with something else than it does in the shape's text.
bool SlotsKeepJson(const LineShape& shape) {
  bool in_string = false;
  bool escaped = false;
  bool in_token = false;  // a number, or what stands in the place of one
  size_t slot = 0;
  for (size_t i = 0; i < shape.text.size(); ++i) {
    const char c = shape.text[i];
    if (slot < shape.slots.size() && shape.slots[slot].at == i) {
      switch (shape.slots[slot++].kind) {
        case LineShape::Kind::kAny:
          return false;
        case LineShape::Kind::kQuoted:
          if (!in_string || escaped) return false;
          break;
        case LineShape::Kind::kWord:
          if (!in_string && !in_token) return false;
          break;
        case LineShape::Kind::kDigits:
          in_token = !in_string;
          break;
      }
      escaped = false;
    } else if (in_string) {
      in_string = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else if (in_token) {
      // To a scan of the token, a quote or a bracket in there is part of it; to a scan of the
      // object around it, it is not.
      if (!BeginsToken(c) && !EndsToken(c)) return false;
      in_token = !EndsToken(c);
    } else {
      in_string = c == '"';
      in_token = BeginsToken(c);
    }
  }
  return true;
}

// Walks a JSON object in a shape's text as the stage json walks lines.
class JsonMembers {
 public:
  JsonMembers(const LineShape& shape, const LabelNeeds& needs) : shape_(shape), needs_(needs) {}

  bool broken() const { return broken_; }
  size_t OffsetOf(std::string_view part) const {
    return static_cast<size_t>(part.data() - shape_.text.data());
  }
  bool HasSlot(std::string_view part) const {
    return shape_.HasSlot(OffsetOf(part), OffsetOf(part) + part.size());
  }

  // Whether the stage takes a label that is wanted from the member.
  bool Wants(std::string_view key, const JsonValue& value, std::string_view prefix, int depth) {
    if (value.type == JsonType::kNull || value.type == JsonType::kArray) return false;
    std::string buffer;
    std::string name(SanitizeLabelName(UnescapeJson(key, &buffer), prefix.empty(), &keeper_));
    if (name.empty()) return false;
    if (!prefix.empty()) name = storage::StrCat(prefix, "_", name);
    if (value.type != JsonType::kObject) return needs_.Wants(name);
    if (depth >= kJsonObjectDepthMax) return false;
    JsonScan inner(value.text);
    inner.EnterObject();
    std::string_view inner_key;
    JsonValue inner_value;
    bool wants = false;
    while (inner.NextMember(&inner_key, &inner_value)) {
      broken_ = broken_ || HasSlot(inner_key);
      wants = Wants(inner_key, inner_value, name, depth + 1) || wants;
    }
    broken_ = broken_ || !inner.error().empty();
    return wants;
  }

 private:
  const LineShape& shape_;
  const LabelNeeds& needs_;
  EntryLabels keeper_;
  bool broken_ = false;
};

bool UsesLineOrTime(const LabelFormatExpr& format) {
  return std::any_of(format.items.begin(), format.items.end(), [](const auto& item) {
    return !item.is_rename && (item.source.find("__line__") != std::string::npos ||
                               item.source.find("__timestamp__") != std::string::npos);
  });
}

}  // namespace

const StageExpr* FieldShortener::OnlyParser(const std::vector<StageExpr>& stages) {
  const StageExpr* parser = nullptr;
  for (const StageExpr& stage : stages) {
    if (std::holds_alternative<JsonExpr>(stage) || std::holds_alternative<LogfmtExpr>(stage) ||
        std::holds_alternative<PatternExpr>(stage)) {
      if (parser != nullptr) return nullptr;
      parser = &stage;
      continue;
    }
    const auto* format = std::get_if<LabelFormatExpr>(&stage);
    const bool works_on_labels = std::holds_alternative<LabelFilterExpr>(stage) ||
                                 std::holds_alternative<LabelSelectExpr>(stage) ||
                                 (format != nullptr && !UsesLineOrTime(*format));
    if (!works_on_labels) return nullptr;
  }
  return parser;
}

std::optional<ShortLine> FieldShortener::Shorten(const LineShape& shape) {
  if (const auto* json = std::get_if<JsonExpr>(parser_)) return ShortenJson(shape, *json);
  if (const auto* logfmt = std::get_if<LogfmtExpr>(parser_)) return ShortenLogfmt(shape, *logfmt);
  return ShortenPattern(shape, std::get<PatternExpr>(*parser_));
}

std::optional<ShortLine> FieldShortener::ShortenJson(const LineShape& shape,
                                                     const JsonExpr& json) const {
  if (!SlotsKeepJson(shape)) return std::nullopt;
  std::vector<JsonPath> paths;
  for (const LabelExtraction& extraction : json.extractions) {
    absl::StatusOr<JsonPath> path = JsonPath::Parse(extraction.path);
    // A path looks at the first byte of the line, before it skips any space.
    if (!path.ok() || shape.text.empty() || shape.text[0] != '{') return std::nullopt;
    paths.push_back(*std::move(path));
  }
  JsonScan scan(shape.text);
  if (!scan.EnterObject()) return std::nullopt;
  JsonMembers members(shape, *needs_);
  ShortLine line;
  line.text = "{";
  std::string_view key;
  JsonValue value;
  while (scan.NextMember(&key, &value)) {
    if (members.HasSlot(key)) return std::nullopt;
    bool wanted = false;
    if (paths.empty()) {
      wanted = members.Wants(key, value, {}, 1);
    } else {
      std::string buffer;
      const std::string_view name = UnescapeJson(key, &buffer);
      wanted = std::any_of(paths.begin(), paths.end(),
                           [name](const JsonPath& path) { return path.BeginsWith(name); });
    }
    if (!wanted) continue;
    if (line.text.size() > 1) line.text.push_back(',');
    const size_t quote = value.type == JsonType::kString ? 1 : 0;
    line.Append(shape, members.OffsetOf(key) - 1,
                members.OffsetOf(value.text) + value.text.size() + quote);
  }
  if (!scan.error().empty() || members.broken()) return std::nullopt;
  line.text.push_back('}');
  return line;
}

std::optional<ShortLine> FieldShortener::ShortenLogfmt(const LineShape& shape,
                                                       const LogfmtExpr& logfmt) const {
  for (const LineShape::Slot& slot : shape.slots) {
    if (slot.kind == LineShape::Kind::kAny || slot.kind == LineShape::Kind::kQuoted) {
      return std::nullopt;
    }
  }
  LogfmtScan scan(shape.text);
  EntryLabels keeper;
  ShortLine line;
  while (true) {
    const size_t before = scan.position();
    const LogfmtScan::Step step = scan.Next();
    if (step == LogfmtScan::Step::kEnd) return line;
    if (step == LogfmtScan::Step::kBroken) {
      // An escape may be broken here and not in other lines. Strict, it is an error.
      if (logfmt.strict || shape.HasSlot(before, scan.position())) return std::nullopt;
      continue;
    }
    // Strict, a pair that nobody looks at may be an error: an escape that is broken in other lines.
    if (logfmt.strict && scan.value_is_copy() && shape.HasSlot(before, scan.position())) {
      return std::nullopt;
    }
    if (!logfmt.keep_empty && scan.value().empty()) continue;
    const std::string_view key = scan.key();
    const auto begin = static_cast<size_t>(key.data() - shape.text.data());
    if (shape.HasSlot(begin, begin + key.size())) return std::nullopt;
    const std::string_view name = SanitizeLabelName(key, true, &keeper);
    bool wanted = logfmt.extractions.empty() && needs_->Wants(name);
    for (const LabelExtraction& extraction : logfmt.extractions) {
      wanted = wanted || extraction.path == name;
    }
    if (!wanted) continue;
    if (!line.text.empty()) line.text.push_back(' ');
    line.Append(shape, begin, scan.position());
  }
}

std::optional<ShortLine> FieldShortener::ShortenPattern(const LineShape& shape,
                                                        const PatternExpr& expr) const {
  const absl::StatusOr<LinePattern> pattern = LinePattern::ForParser(expr.pattern);
  if (!pattern.ok()) return std::nullopt;
  const std::vector<LinePattern::Node>& nodes = pattern->nodes();
  size_t wanted_end = nodes.size();  // behind the last capture that is wanted
  const auto is_wanted = [&](const LinePattern::Node& node) {
    return node.is_capture && !node.text.empty() && needs_->Wants(node.text);
  };
  while (wanted_end > 0 && !is_wanted(nodes[wanted_end - 1])) --wanted_end;
  // What is not wanted is left out between the literals: each stands where it is looked for.
  ShortLine line;
  size_t at = 0;
  for (size_t i = 0; i < wanted_end; ++i) {
    if (!nodes[i].is_capture) {
      const ShapePlace begins = EveryLineBeginsWith(shape, nodes[i].text);
      if (begins == ShapePlace::kUnknown) return std::nullopt;
      if (begins == ShapePlace::kAbsent) return ShortLine();
      at = nodes[i].text.size();
      line.Append(shape, 0, at);
      continue;
    }
    size_t found = shape.text.size();
    size_t next = found;
    if (i + 1 < nodes.size()) {
      const std::string& literal = nodes[i + 1].text;
      const ShapePlace place = FindInEveryLine(shape, at, literal, &found);
      if (place == ShapePlace::kUnknown) return std::nullopt;
      if (place == ShapePlace::kAbsent) found = shape.text.size();
      next = std::min(found + literal.size(), shape.text.size());
    }
    if (is_wanted(nodes[i])) line.Append(shape, at, found);
    line.Append(shape, found, next);
    if (found == shape.text.size()) break;
    at = next;
    ++i;  // the literal
  }
  return line;
}

}  // namespace varve::query
