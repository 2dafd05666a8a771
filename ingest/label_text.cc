#include "ingest/label_text.h"

#include <cstdint>

#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using storage::StrCat;

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':' || c == '.' || c == '-' || static_cast<uint8_t>(c) >= 0x80;
}

void AppendUtf8(uint32_t rune, std::string* out) {
  if (rune < 0x80) {
    out->push_back(static_cast<char>(rune));
  } else if (rune < 0x800) {
    out->push_back(static_cast<char>(0xC0 | rune >> 6));
    out->push_back(static_cast<char>(0x80 | (rune & 0x3F)));
  } else if (rune < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | rune >> 12));
    out->push_back(static_cast<char>(0x80 | (rune >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (rune & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | rune >> 18));
    out->push_back(static_cast<char>(0x80 | (rune >> 12 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (rune >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (rune & 0x3F)));
  }
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void SkipSpace() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }
  bool Take(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool AtEnd() {
    SkipSpace();
    return at_ == text_.size();
  }
  std::string_view TakeName() {
    SkipSpace();
    const size_t begin = at_;
    while (at_ < text_.size() && IsNameByte(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  absl::Status TakeString(std::string* value) {
    SkipSpace();
    if (at_ >= text_.size() || std::string_view("\"'`").find(text_[at_]) == text_.npos) {
      return Error("a quoted value");
    }
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && quote != '`') {
        VARVE_RETURN_IF_ERROR(TakeEscape(value));
      } else {
        value->push_back(text_[at_++]);
      }
    }
    if (at_ >= text_.size()) return Error("a closing quote");
    ++at_;
    return absl::OkStatus();
  }
  absl::Status Error(std::string_view wanted) const {
    const std::string found =
        at_ < text_.size() ? StrCat("'", text_.substr(at_, 1), "'") : std::string("the end");
    return absl::InvalidArgumentError(StrCat("cannot parse labels ", text_, ": ", found,
                                             " at position ", at_, ", want ", wanted));
  }

 private:
  absl::Status TakeEscape(std::string* value) {
    ++at_;  // the backslash
    if (at_ >= text_.size()) return Error("an escape");
    const char c = text_[at_];
    constexpr std::string_view kFrom = "abfnrtv\\\"'";
    constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\\"'";
    if (const size_t simple = kFrom.find(c); simple != kFrom.npos) {
      value->push_back(kTo[simple]);
      ++at_;
      return absl::OkStatus();
    }
    const bool octal = c >= '0' && c <= '7';
    const size_t digits = octal ? 3 : c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits == 0) return Error("an escape");
    if (!octal) ++at_;
    uint32_t number = 0;
    for (size_t i = 0; i < digits; ++i, ++at_) {
      const int digit = at_ < text_.size() ? HexDigit(text_[at_]) : -1;
      if (digit < 0 || (octal && digit > 7)) return Error("a digit of an escape");
      number = number * (octal ? 8 : 16) + static_cast<uint32_t>(digit);
    }
    if (octal || c == 'x') {
      value->push_back(static_cast<char>(number));
    } else if (number > 0x10FFFF || (number >= 0xD800 && number < 0xE000)) {
      return Error("a Unicode character");
    } else {
      AppendUtf8(number, value);
    }
    return absl::OkStatus();
  }
  static int HexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

absl::Status ParseLabelText(std::string_view text, LabelPairs* labels) {
  Scanner scanner(text);
  labels->clear();
  if (!scanner.Take('{')) return scanner.Error("'{'");
  while (!scanner.Take('}')) {
    if (!labels->empty() && !scanner.Take(',')) return scanner.Error("',' or '}'");
    if (scanner.Take('}')) break;  // a trailing comma
    const std::string_view name = scanner.TakeName();
    if (name.empty()) return scanner.Error("a label name");
    if (!scanner.Take('=')) return scanner.Error("'='");
    labels->emplace_back(std::string(name), std::string());
    VARVE_RETURN_IF_ERROR(scanner.TakeString(&labels->back().second));
  }
  if (!scanner.AtEnd()) return scanner.Error("nothing behind '}'");
  return absl::OkStatus();
}

}  // namespace varve::ingest
