#include "query/template/json_value.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "query/engine/number_format.h"
#include "query/template/rune.h"

namespace varve::query {
namespace {

constexpr int kJsonDepthMax = 200;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class JsonReader {
 public:
  JsonReader(std::string_view text, TemplateArena* arena) : text_(text), arena_(arena) {}

  bool Read(TemplateValue* value) {
    if (!ReadValue(value, 0)) return false;
    SkipSpace();
    return at_ == text_.size();
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(char c) {
    if (Peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void SkipSpace() {
    while (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r') ++at_;
  }
  bool TakeWord(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool ReadValue(TemplateValue* value, int depth) {
    if (depth > kJsonDepthMax) return false;
    SkipSpace();
    switch (Peek()) {
      case '{':
        return ReadObject(value, depth);
      case '[':
        return ReadArray(value, depth);
      case '"': {
        std::string_view text;
        if (!ReadString(&text)) return false;
        *value = TemplateValue::String(text);
        return true;
      }
      case 't':
        *value = TemplateValue::Bool(true);
        return TakeWord("true");
      case 'f':
        *value = TemplateValue::Bool(false);
        return TakeWord("false");
      case 'n':
        *value = TemplateValue::Nil();
        return TakeWord("null");
      default:
        return ReadNumber(value);
    }
  }

  bool ReadObject(TemplateValue* value, int depth) {
    std::vector<TemplateField> fields;
    ++at_;
    SkipSpace();
    while (!Take('}')) {
      if (!fields.empty() && !Take(',')) return false;
      SkipSpace();
      TemplateField field;
      if (!ReadString(&field.name)) return false;
      SkipSpace();
      if (!Take(':') || !ReadValue(&field.value, depth + 1)) return false;
      fields.push_back(field);
      SkipSpace();
    }
    std::stable_sort(fields.begin(), fields.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
    // The last of equal names stays.
    std::reverse(fields.begin(), fields.end());
    fields.erase(std::unique(fields.begin(), fields.end(),
                             [](const auto& a, const auto& b) { return a.name == b.name; }),
                 fields.end());
    std::reverse(fields.begin(), fields.end());
    *value = TemplateValue::Map(arena_->KeepAll(fields));
    return true;
  }

  bool ReadArray(TemplateValue* value, int depth) {
    std::vector<TemplateValue> elements;
    ++at_;
    SkipSpace();
    while (!Take(']')) {
      if (!elements.empty() && !Take(',')) return false;
      TemplateValue element;
      if (!ReadValue(&element, depth + 1)) return false;
      elements.push_back(element);
      SkipSpace();
    }
    *value = TemplateValue::List(arena_->KeepAll(elements));
    return true;
  }

  bool ReadNumber(TemplateValue* value) {
    const size_t begin = at_;
    Take('-');
    if (!Take('0')) {
      if (!IsDigit(Peek())) return false;
      while (IsDigit(Peek())) ++at_;
    }
    if (Take('.')) {
      if (!IsDigit(Peek())) return false;
      while (IsDigit(Peek())) ++at_;
    }
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (!IsDigit(Peek())) return false;
      while (IsDigit(Peek())) ++at_;
    }
    double number = 0;
    if (!ParseFloat(text_.substr(begin, at_ - begin), &number)) return false;
    *value = TemplateValue::Float(number);
    return true;
  }

  bool ReadHex4(uint32_t* unit) {
    *unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = Peek();
      const char lower = static_cast<char>(c | 0x20);
      if (IsDigit(c)) {
        *unit = *unit * 16 + static_cast<uint32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        *unit = *unit * 16 + static_cast<uint32_t>(lower - 'a' + 10);
      } else {
        return false;
      }
    }
    return true;
  }

  // What a `\u` stands for, at_ behind it; half a surrogate pair is U+FFFD.
  bool ReadUnicodeEscape(std::string* out) {
    uint32_t unit = 0;
    if (!ReadHex4(&unit)) return false;
    if (unit >= 0xd800 && unit < 0xdc00 && text_.substr(at_).starts_with("\\u")) {
      const size_t back = at_;
      at_ += 2;
      uint32_t low = 0;
      if (!ReadHex4(&low)) return false;
      if (low >= 0xdc00 && low < 0xe000) {
        AppendRune(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), out);
        return true;
      }
      at_ = back;
    }
    AppendRune(unit >= 0xd800 && unit < 0xe000 ? kReplacementRune : unit, out);
    return true;
  }

  bool ReadString(std::string_view* text) {
    if (!Take('"')) return false;
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < ' ') return false;
      if (c == '\\') {
        ++at_;
        constexpr std::string_view kSimple = "\"\\/bfnrt";
        constexpr std::string_view kMeaning = "\"\\/\b\f\n\r\t";
        const size_t simple = at_ < text_.size() ? kSimple.find(text_[at_]) : kSimple.npos;
        if (simple != kSimple.npos) {
          out.push_back(kMeaning[simple]);
          ++at_;
        } else if (!Take('u') || !ReadUnicodeEscape(&out)) {
          return false;
        }
        continue;
      }
      const TemplateRune rune = FirstRune(text_.substr(at_));
      AppendRune(rune.value, &out);
      at_ += rune.bytes;
    }
    if (!Take('"')) return false;
    *text = arena_->Keep(out);
    return true;
  }

  std::string_view text_;
  TemplateArena* arena_;
  size_t at_ = 0;
};

}  // namespace

bool ParseJsonValue(std::string_view text, TemplateArena* arena, TemplateValue* value) {
  return JsonReader(text, arena).Read(value);
}

}  // namespace varve::query
