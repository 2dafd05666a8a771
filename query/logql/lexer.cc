#include "query/logql/lexer.h"

#include <string>

#include "query/logql/quantity.h"
#include "query/template/rune.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::Quote;
using storage::StrCat;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsIdentifierStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool IsIdentifier(char c) { return IsIdentifierStart(c) || IsDigit(c); }

struct Operator {
  std::string_view text;
  TokenType type;
};
// Two characters before one.
constexpr Operator kOperators[] = {
    {"|=", TokenType::kPipeExact},
    {"|~", TokenType::kPipeMatch},
    {"|>", TokenType::kPipePattern},
    {"!>", TokenType::kNotPattern},
    {"==", TokenType::kEqualEqual},
    {"!=", TokenType::kNotEqual},
    {"=~", TokenType::kRegex},
    {"!~", TokenType::kNotRegex},
    {">=", TokenType::kGreaterOrEqual},
    {"<=", TokenType::kLessOrEqual},
    {"|", TokenType::kPipe},
    {"=", TokenType::kEqual},
    {">", TokenType::kGreater},
    {"<", TokenType::kLess},
    {"{", TokenType::kOpenBrace},
    {"}", TokenType::kCloseBrace},
    {"(", TokenType::kOpenParen},
    {")", TokenType::kCloseParen},
    {",", TokenType::kComma},
    {".", TokenType::kDot},
    {"+", TokenType::kAdd},
    {"-", TokenType::kSub},
    {"*", TokenType::kMul},
    {"/", TokenType::kDiv},
    {"%", TokenType::kMod},
    {"^", TokenType::kPow},
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<LogqlToken>> Run() {
    std::vector<LogqlToken> tokens;
    while (true) {
      SkipSpace();
      LogqlToken token;
      token.line = line_;
      token.column = column_;
      if (at_ >= text_.size()) {
        tokens.push_back(std::move(token));
        return tokens;
      }
      VARVE_RETURN_IF_ERROR(Next(&token));
      tokens.push_back(std::move(token));
    }
  }

 private:
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void Advance(size_t count) {
    for (; count > 0 && at_ < text_.size(); --count, ++at_) {
      const unsigned char c = static_cast<unsigned char>(text_[at_]);
      if (c == '\n') {
        ++line_;
        column_ = 1;
      } else if ((c & 0xc0) != 0x80) {
        ++column_;
      }
    }
  }
  void SkipSpace() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        Advance(1);
      } else if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') Advance(1);
      } else {
        return;
      }
    }
  }
  absl::Status Error(std::string_view what) const { return ParseErrorAt(line_, column_, what); }

  absl::Status Next(LogqlToken* token) {
    const char c = Peek();
    if (c == '"' || c == '`') return String(token);
    if (c == '[') return Range(token);
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number(token);
    if (c == '-' && Peek(1) == '-' && Peek(2) >= 'a' && Peek(2) <= 'z') return Flag(token);
    if (IsIdentifierStart(c)) {
      size_t length = 1;
      while (IsIdentifier(Peek(length))) ++length;
      Take(TokenType::kIdentifier, length, token);
      return absl::OkStatus();
    }
    for (const Operator& op : kOperators) {
      if (text_.substr(at_, op.text.size()) == op.text) {
        Take(op.type, op.text.size(), token);
        return absl::OkStatus();
      }
    }
    return Error(StrCat("syntax error: unexpected character ", Quote(text_.substr(at_, 1))));
  }

  void Take(TokenType type, size_t length, LogqlToken* token) {
    token->type = type;
    token->text = std::string(text_.substr(at_, length));
    Advance(length);
  }

  absl::Status Flag(LogqlToken* token) {
    size_t length = 2;
    while (IsIdentifier(Peek(length)) || Peek(length) == '-') ++length;
    const std::string_view flag = text_.substr(at_, length);
    if (flag != "--strict" && flag != "--keep-empty") {
      // `1--sum(..)` is arithmetic: the first minus stands alone.
      Take(TokenType::kSub, 1, token);
      return absl::OkStatus();
    }
    Take(TokenType::kFlag, length, token);
    return absl::OkStatus();
  }

  absl::Status Range(LogqlToken* token) {
    const size_t end = text_.find(']', at_);
    if (end == text_.npos) return Error("missing closing ']' in duration");
    std::string_view inner = text_.substr(at_ + 1, end - at_ - 1);
    while (!inner.empty() && inner.front() == ' ') inner.remove_prefix(1);
    while (!inner.empty() && inner.back() == ' ') inner.remove_suffix(1);
    const std::optional<int64_t> duration = ParseQueryDuration(inner);
    if (!duration || *duration <= 0) {
      // Loki reports this with the line it has not begun yet.
      return ParseErrorAt(line_ - 1, column_,
                          StrCat("not a valid duration string: ", Quote(inner)));
    }
    token->number = *duration;
    Take(TokenType::kRange, end + 1 - at_, token);
    return absl::OkStatus();
  }

  // How far a Go number literal reaches from here.
  size_t NumberLength() const {
    size_t i = 0;
    const char second = Peek(1);
    if (Peek() == '0' && (second == 'x' || second == 'X')) {
      i = 2;
      while (IsHexDigit(Peek(i)) || Peek(i) == '.') ++i;
      if (Peek(i) == 'p' || Peek(i) == 'P') {
        ++i;
        if (Peek(i) == '+' || Peek(i) == '-') ++i;
        while (IsDigit(Peek(i))) ++i;
      }
      return i;
    }
    if (Peek() == '0' && (second == 'b' || second == 'o') && IsDigit(Peek(2))) {
      i = 2;
      while (IsDigit(Peek(i))) ++i;
      return i;
    }
    while (IsDigit(Peek(i))) ++i;
    if (Peek(i) == '.') {
      ++i;
      while (IsDigit(Peek(i))) ++i;
    }
    if (Peek(i) == 'e' || Peek(i) == 'E') {
      size_t j = i + 1;
      if (Peek(j) == '+' || Peek(j) == '-') ++j;
      if (IsDigit(Peek(j))) {
        while (IsDigit(Peek(j))) ++j;
        i = j;
      }
    }
    return i;
  }

  absl::Status Number(LogqlToken* token) {
    const size_t length = NumberLength();
    // A duration or a byte size is a number with a unit right behind it.
    size_t end = length;
    while (IsDigit(Peek(end)) || Peek(end) == '.' ||
           std::string_view("nsumhdwy\xc2\xb5").find(Peek(end)) != std::string_view::npos) {
      if (Peek(end) == '\0') break;
      ++end;
    }
    if (end > length) {
      if (const auto duration = ParseQueryDuration(text_.substr(at_, end))) {
        token->number = *duration;
        Take(TokenType::kDuration, end, token);
        return absl::OkStatus();
      }
    }
    end = length;
    while (Peek(end) != '\0' &&
           std::string_view("BibkKMGTPE").find(Peek(end)) != std::string_view::npos) {
      ++end;
    }
    if (end > length) {
      const absl::StatusOr<uint64_t> bytes = ParseBytesValue(text_.substr(at_, end));
      if (bytes.ok()) {
        token->number = static_cast<int64_t>(*bytes);
        Take(TokenType::kBytes, end, token);
        return absl::OkStatus();
      }
    }
    Take(TokenType::kNumber, length, token);
    return absl::OkStatus();
  }

  absl::Status String(LogqlToken* token) {
    const char quote = Peek();
    token->type = TokenType::kString;
    size_t i = at_ + 1;
    while (i < text_.size() && text_[i] != quote) {
      if (quote == '"' && text_[i] == '\\') {
        VARVE_RETURN_IF_ERROR(Escape(&i, &token->text));
        continue;
      }
      if (quote == '"' && text_[i] == '\n') return Error("literal not terminated");
      if (!(quote == '`' && text_[i] == '\r')) token->text.push_back(text_[i]);
      ++i;
    }
    if (i >= text_.size()) return Error("literal not terminated");
    Advance(i + 1 - at_);
    return absl::OkStatus();
  }

  // One escape of a Go string; `*i` stands on the backslash.
  absl::Status Escape(size_t* i, std::string* out) const {
    const size_t at = *i + 1;
    const char c = at < text_.size() ? text_[at] : '\0';
    constexpr std::string_view kSimple = "abfnrtv\\\"";
    constexpr std::string_view kMeaning = "\a\b\f\n\r\t\v\\\"";
    if (const size_t found = kSimple.find(c); c != '\0' && found != kSimple.npos) {
      out->push_back(kMeaning[found]);
      *i = at + 1;
      return absl::OkStatus();
    }
    size_t digits = 0;
    uint32_t base = 16;
    size_t from = at + 1;
    if (c == 'x') {
      digits = 2;
    } else if (c == 'u') {
      digits = 4;
    } else if (c == 'U') {
      digits = 8;
    } else if (c >= '0' && c <= '7') {
      digits = 3;
      base = 8;
      from = at;
    } else {
      return Error("invalid char escape");
    }
    uint32_t value = 0;
    for (size_t k = from; k < from + digits; ++k) {
      const char d = k < text_.size() ? text_[k] : '\0';
      if (!IsHexDigit(d) || (base == 8 && d > '7')) return Error("invalid char escape");
      value = value * base + static_cast<uint32_t>(IsDigit(d) ? d - '0' : (d | 0x20) - 'a' + 10);
    }
    if (c == 'u' || c == 'U') {
      if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        return Error("invalid char escape");
      }
      AppendRune(value, out);
    } else {
      if (value > 0xff) return Error("invalid char escape");
      out->push_back(static_cast<char>(value));
    }
    *i = from + digits;
    return absl::OkStatus();
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
};

}  // namespace

absl::StatusOr<std::vector<LogqlToken>> Lex(std::string_view text) { return Lexer(text).Run(); }

absl::Status ParseErrorAt(int line, int column, std::string_view what) {
  return absl::InvalidArgumentError(
      StrCat("parse error at line ", line, ", col ", column, ": ", what));
}

absl::Status ParseError(std::string_view what) {
  return absl::InvalidArgumentError(StrCat("parse error : ", what));
}

}  // namespace varve::query
