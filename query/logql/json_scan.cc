#include "query/logql/json_scan.h"

#include <cstdint>
#include <cstring>

#include "query/logql/utf8.h"
#include "query/template/rune.h"

namespace varve::query {
namespace {

constexpr std::string_view kBrokenObject =
    "Value looks like object, but can't find closing '}' symbol";
constexpr std::string_view kBrokenArray =
    "Value looks like array, but can't find closing ']' symbol";
constexpr std::string_view kBrokenString =
    "Value looks like string, but can't find closing '\"' symbol";
constexpr std::string_view kBrokenJson = "Malformed JSON error";
constexpr std::string_view kUnknownType = "Unknown value type";

// Four hexadecimal digits at text[at]; -1 where there are none.
int32_t ReadHex4(std::string_view text, size_t at) {
  if (at + 4 > text.size()) return -1;
  int32_t value = 0;
  for (size_t i = at; i < at + 4; ++i) {
    const char c = text[i];
    int32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      digit = (c | 0x20) - 'a' + 10;
    } else {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

}  // namespace

bool JsonScan::Fail(std::string_view error) {
  error_ = error;
  return false;
}

void JsonScan::SkipSpace() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return;
    ++at_;
  }
}

bool JsonScan::EnterObject() {
  SkipSpace();
  if (at_ >= text_.size() || text_[at_] != '{') return Fail(kBrokenObject);
  ++at_;
  return true;
}

bool JsonScan::EnterArray() {
  SkipSpace();
  if (at_ >= text_.size() || text_[at_] != '[') return Fail(kBrokenArray);
  ++at_;
  return true;
}

// REQUIRES: at_ stands behind the opening quote.
bool JsonScan::ReadString(std::string_view* text) {
  const size_t begin = at_;
  while (at_ < text_.size()) {
    const void* quote = std::memchr(text_.data() + at_, '"', text_.size() - at_);
    if (quote == nullptr) break;
    const size_t end = static_cast<size_t>(static_cast<const char*>(quote) - text_.data());
    size_t slashes = 0;
    while (end - slashes > begin && text_[end - slashes - 1] == '\\') ++slashes;
    at_ = end + 1;
    if (slashes % 2 == 0) {
      *text = text_.substr(begin, end - begin);
      return true;
    }
  }
  at_ = text_.size();
  return false;
}

bool JsonScan::ReadBlock(char open, char close, std::string_view* text) {
  const size_t begin = at_;
  size_t depth = 0;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '"') {
      std::string_view ignored;
      if (!ReadString(&ignored)) return false;
    } else if (c == open) {
      ++depth;
    } else if (c == close && --depth == 0) {
      *text = text_.substr(begin, at_ - begin);
      return true;
    }
  }
  return false;
}

bool JsonScan::ReadValue(JsonValue* value) {
  SkipSpace();
  if (at_ >= text_.size()) return Fail(kBrokenJson);
  switch (text_[at_]) {
    case '"':
      ++at_;
      value->type = JsonType::kString;
      return ReadString(&value->text) || Fail(kBrokenString);
    case '{':
      value->type = JsonType::kObject;
      return ReadBlock('{', '}', &value->text) || Fail(kBrokenObject);
    case '[':
      value->type = JsonType::kArray;
      return ReadBlock('[', ']', &value->text) || Fail(kBrokenArray);
    default:
      break;
  }
  const size_t end = text_.find_first_of(",}] \t\n\r", at_);
  if (end == text_.npos) {
    return Fail("Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol");
  }
  value->text = text_.substr(at_, end - at_);
  at_ = end;
  if (value->text == "true" || value->text == "false") {
    value->type = JsonType::kBoolean;
  } else if (value->text == "null") {
    value->type = JsonType::kNull;
  } else if (!value->text.empty() &&
             (value->text[0] == '-' || (value->text[0] >= '0' && value->text[0] <= '9'))) {
    value->type = JsonType::kNumber;
  } else {
    return Fail(kUnknownType);
  }
  return true;
}

bool JsonScan::NextMember(std::string_view* key, JsonValue* value) {
  SkipSpace();
  if (at_ >= text_.size()) return Fail(first_ ? kBrokenJson : kBrokenArray);
  if (text_[at_] == '}') {
    ++at_;
    return false;
  }
  if (!first_) {
    if (text_[at_] != ',') return Fail(kBrokenObject);
    ++at_;
    SkipSpace();
    if (at_ >= text_.size()) return Fail(kBrokenArray);
    if (text_[at_] == '}') return false;
  }
  first_ = false;
  if (text_[at_] != '"') return Fail(kBrokenObject);
  ++at_;
  if (!ReadString(key)) return Fail(kBrokenJson);
  SkipSpace();
  if (at_ >= text_.size() || text_[at_] != ':') return Fail(kBrokenJson);
  ++at_;
  return ReadValue(value);
}

bool JsonScan::NextElement(JsonValue* value) {
  SkipSpace();
  if (at_ >= text_.size()) return Fail(kBrokenArray);
  if (text_[at_] == ']') {
    ++at_;
    return false;
  }
  if (!first_) {
    if (text_[at_] != ',') return Fail(kBrokenArray);
    ++at_;
  }
  first_ = false;
  return ReadValue(value);
}

std::string_view UnescapeJson(std::string_view text, std::string* buffer) {
  if (text.find('\\') == text.npos) return ReplaceInvalidUtf8(text, buffer);
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    if (++i >= text.size()) return {};
    constexpr std::string_view kSimple = "\"\\/bfnrt";
    constexpr std::string_view kMeaning = "\"\\/\b\f\n\r\t";
    if (const size_t found = kSimple.find(text[i]); found != kSimple.npos) {
      out.push_back(kMeaning[found]);
      continue;
    }
    if (text[i] != 'u') return {};
    const int32_t unit = ReadHex4(text, i + 1);
    if (unit < 0) return {};
    i += 4;
    uint32_t rune = static_cast<uint32_t>(unit);
    if (rune >= 0xd800 && rune < 0xdc00) {
      const int32_t low = text.substr(i + 1, 2) == "\\u" ? ReadHex4(text, i + 3) : -1;
      if (low < 0xdc00 || low > 0xdfff) return {};
      rune = 0x10000 + ((rune - 0xd800) << 10) + (static_cast<uint32_t>(low) - 0xdc00);
      i += 6;
    } else if (rune >= 0xdc00 && rune < 0xe000) {
      return {};
    }
    AppendRune(rune, &out);
  }
  std::string replaced;
  const std::string_view clean = ReplaceInvalidUtf8(out, &replaced);
  *buffer = clean.data() == out.data() ? std::move(out) : std::move(replaced);
  return *buffer;
}

}  // namespace varve::query
