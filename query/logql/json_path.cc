#include "query/logql/json_path.h"

#include "storage/model/text.h"

namespace varve::query {
namespace {

// Longer indices than this name no element of a log line.
constexpr size_t kIndexDigitsMax = 9;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

}  // namespace

absl::StatusOr<JsonPath> JsonPath::Parse(std::string_view text) {
  const auto unexpected = [&](size_t at) {
    return absl::InvalidArgumentError(
        at < text.size()
            ? storage::StrCat("unexpected ", storage::Quote(text.substr(at, 1)), " at ", at)
            : std::string("unexpected end"));
  };
  JsonPath path;
  size_t at = 0;
  while (at < text.size()) {
    Step step;
    if (text[at] == '[') {
      ++at;
      if (at < text.size() && text[at] == '"') {
        const size_t begin = ++at;
        while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
        if (at >= text.size()) return unexpected(at);
        step.key = std::string(text.substr(begin, at - begin));
        ++at;
      } else {
        const size_t begin = at;
        while (at < text.size() && IsDigit(text[at])) {
          step.index = step.index * 10 + static_cast<size_t>(text[at] - '0');
          if (++at - begin > kIndexDigitsMax) return unexpected(at);
        }
        if (at == begin) return unexpected(at);
        step.is_index = true;
      }
      if (at >= text.size() || text[at] != ']') return unexpected(at);
      ++at;
    } else {
      if (!path.steps_.empty()) {
        if (text[at] != '.') return unexpected(at);
        ++at;
      }
      const size_t begin = at;
      if (at >= text.size() || !IsNameStart(text[at])) return unexpected(at);
      while (at < text.size() && (IsNameStart(text[at]) || IsDigit(text[at]) || text[at] == '-')) {
        ++at;
      }
      step.key = std::string(text.substr(begin, at - begin));
    }
    path.steps_.push_back(std::move(step));
  }
  if (path.steps_.empty()) return unexpected(0);
  return path;
}

bool JsonPath::Find(std::string_view json, JsonValue* value) const {
  std::string_view text = json;
  for (const Step& step : steps_) {
    JsonScan scan(text);
    bool found = false;
    if (step.is_index) {
      if (!scan.EnterArray()) return false;
      for (size_t i = 0; !found && scan.NextElement(value); ++i) found = i == step.index;
    } else {
      if (!scan.EnterObject()) return false;
      std::string_view key;
      std::string buffer;
      while (!found && scan.NextMember(&key, value)) {
        found = UnescapeJson(key, &buffer) == step.key;
      }
    }
    if (!found) return false;
    // Only an object or an array has something inside; its text is whole.
    text = value->type == JsonType::kString ? std::string_view() : value->text;
  }
  return true;
}

}  // namespace varve::query
