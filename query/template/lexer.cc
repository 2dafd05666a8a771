#include "query/template/lexer.h"

#include <algorithm>

#include "query/template/rune.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using Type = TemplateTokenType;
using storage::StrCat;

constexpr std::string_view kLeft = "{{";
constexpr std::string_view kRight = "}}";
constexpr std::string_view kCommentOpen = "/*";
constexpr std::string_view kCommentClose = "*/";
constexpr std::string_view kSpaces = " \t\r\n";
// `- ` behind a left delimiter and ` -` before a right one trim the text next to them.
constexpr size_t kTrimMarkerBytes = 2;

struct Keyword {
  std::string_view word;
  Type type;
};
constexpr Keyword kKeywords[] = {
    {"block", Type::kBlock},
    {"break", Type::kBreak},
    {"continue", Type::kContinue},
    {"define", Type::kDefine},
    {"else", Type::kElse},
    {"end", Type::kEndKeyword},
    {"if", Type::kIf},
    {"nil", Type::kNil},
    {"range", Type::kRange},
    {"template", Type::kTemplate},
    {"with", Type::kWith},
};

bool IsSpace(char c) { return kSpaces.find(c) != std::string_view::npos; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  TemplateTokens Run() {
    while (LexText() && LexAction()) {
    }
    if (result_.tokens.empty() ||
        (result_.tokens.back().type != Type::kEnd && result_.tokens.back().type != Type::kError)) {
      start_ = at_;
      Emit(Type::kEnd);
    }
    return std::move(result_);
  }

 private:
  std::string_view Rest() const { return text_.substr(at_); }
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool AtEnd() const { return at_ >= text_.size(); }

  // The token that ends at at_.
  void Emit(Type type) {
    result_.tokens.push_back({type, start_, start_line_, text_.substr(start_, at_ - start_)});
    Skip();
  }
  // What was read since the last token belongs to none.
  void Skip() {
    start_line_ +=
        static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(start_),
                                    text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
    start_ = at_;
  }
  bool Fail(std::string message) {
    result_.error = std::move(message);
    result_.tokens.push_back({Type::kError, start_, start_line_, {}});
    return false;
  }

  // Text up to the next action. False at the end of the template.
  bool LexText() {
    const size_t found = text_.find(kLeft, at_);
    if (found == text_.npos) {
      at_ = text_.size();
      if (at_ > start_) Emit(Type::kText);
      Emit(Type::kEnd);
      return false;
    }
    size_t end = found;
    if (HasLeftTrim(found + kLeft.size())) {
      const size_t last = text_.substr(start_, found - start_).find_last_not_of(kSpaces);
      end = last == text_.npos ? start_ : start_ + last + 1;
    }
    at_ = end;
    if (at_ > start_) Emit(Type::kText);
    at_ = found;
    Skip();
    return true;
  }

  bool HasLeftTrim(size_t at) const {
    return at + 1 < text_.size() && text_[at] == '-' && IsSpace(text_[at + 1]);
  }
  bool HasRightTrim(size_t at) const {
    return at + 1 < text_.size() && IsSpace(text_[at]) && text_[at + 1] == '-' &&
           text_.substr(at + kTrimMarkerBytes).starts_with(kRight);
  }

  // From the left delimiter on; false where the template is wrong.
  bool LexAction() {
    at_ += kLeft.size();
    const size_t marker = HasLeftTrim(at_) ? kTrimMarkerBytes : 0;
    if (text_.substr(at_ + marker).starts_with(kCommentOpen)) {
      at_ += marker;
      Skip();
      return LexComment();
    }
    Emit(Type::kLeftDelimiter);
    at_ += marker;
    Skip();
    paren_depth_ = 0;
    while (true) {
      const bool trims = HasRightTrim(at_);
      if (trims || Rest().starts_with(kRight)) {
        if (paren_depth_ != 0) return Fail("unclosed left paren");
        EndAction(trims);
        return true;
      }
      if (!LexInside()) return false;
    }
  }

  void EndAction(bool trims) {
    if (trims) {
      at_ += kTrimMarkerBytes;
      Skip();
    }
    at_ += kRight.size();
    Emit(Type::kRightDelimiter);
    if (trims) TrimLeft();
  }
  void TrimLeft() {
    at_ = std::min(text_.find_first_not_of(kSpaces, at_), text_.size());
    Skip();
  }

  bool LexComment() {
    const size_t close = text_.find(kCommentClose, at_ + kCommentOpen.size());
    if (close == text_.npos) return Fail("unclosed comment");
    at_ = close + kCommentClose.size();
    const bool trims = HasRightTrim(at_);
    if (!trims && !Rest().starts_with(kRight)) {
      return Fail("comment ends before closing delimiter");
    }
    at_ += (trims ? kTrimMarkerBytes : 0) + kRight.size();
    Skip();
    if (trims) TrimLeft();
    return true;
  }

  // One token inside an action.
  bool LexInside() {
    if (AtEnd()) return Fail("unclosed action");
    const char c = Peek();
    if (IsSpace(c)) {
      while (IsSpace(Peek()) && !HasRightTrim(at_)) ++at_;
      if (at_ > start_) Emit(Type::kSpace);
      return true;
    }
    switch (c) {
      case '=':
        return One(Type::kAssign);
      case '|':
        return One(Type::kPipe);
      case ':':
        if (Peek(1) != '=') return Fail("expected :=");
        at_ += 2;
        Emit(Type::kDeclare);
        return true;
      case '"':
        return LexQuoted('"', Type::kString, "unterminated quoted string");
      case '\'':
        return LexQuoted('\'', Type::kRune, "unterminated character constant");
      case '`':
        return LexRaw();
      case '$':
        ++at_;
        return AtTerminator() ? One(Type::kVariable, 0) : LexWord(Type::kVariable);
      case '(':
        ++paren_depth_;
        return One(Type::kLeftParen);
      case ')':
        if (--paren_depth_ < 0) return Fail("unexpected right paren");
        return One(Type::kRightParen);
      default:
        break;
    }
    if (c == '.' && !IsDigit(Peek(1)) && at_ + 1 < text_.size()) {
      ++at_;
      return AtTerminator() ? One(Type::kDot, 0) : LexWord(Type::kField);
    }
    if (c == '.' || c == '+' || c == '-' || IsDigit(c)) return LexNumber();
    const TemplateRune rune = FirstRune(Rest());
    if (rune.value == '_' || IsLetterOrDigit(rune.value)) return LexWord(Type::kIdentifier);
    if (rune.value < 0x80 && IsPrintableRune(rune.value)) return One(Type::kCharacter);
    return Fail(StrCat("unrecognized character in action: ", DescribedRune(rune.value)));
  }

  bool One(Type type, size_t bytes = 1) {
    at_ += bytes;
    Emit(type);
    return true;
  }

  // Whether what stands here may follow a word.
  bool AtTerminator() const {
    if (AtEnd()) return true;
    const char c = Peek();
    return IsSpace(c) || std::string_view(".,|:)(").find(c) != std::string_view::npos ||
           Rest().starts_with(kRight);
  }

  bool LexWord(Type type) {
    TemplateRune rune;
    while (!AtEnd()) {
      rune = FirstRune(Rest());
      if (rune.value != '_' && !IsLetterOrDigit(rune.value)) break;
      at_ += rune.bytes;
    }
    if (!AtTerminator()) return Fail(StrCat("bad character ", DescribedRune(rune.value)));
    if (type == Type::kIdentifier) {
      const std::string_view word = text_.substr(start_, at_ - start_);
      if (word == "true" || word == "false") type = Type::kBool;
      for (const Keyword& keyword : kKeywords) {
        if (keyword.word == word) type = keyword.type;
      }
    }
    Emit(type);
    return true;
  }

  bool LexQuoted(char quote, Type type, std::string_view message) {
    ++at_;
    while (true) {
      const char c = Peek();
      if (AtEnd() || c == '\n') return Fail(std::string(message));
      ++at_;
      if (c == quote) break;
      if (c != '\\') continue;
      if (AtEnd() || Peek() == '\n') return Fail(std::string(message));
      ++at_;
    }
    Emit(type);
    return true;
  }

  bool LexRaw() {
    const size_t close = text_.find('`', at_ + 1);
    if (close == text_.npos) return Fail("unterminated raw quoted string");
    at_ = close + 1;
    Emit(Type::kRawString);
    return true;
  }

  bool Accept(std::string_view set) {
    if (AtEnd() || set.find(Peek()) == set.npos) return false;
    ++at_;
    return true;
  }
  void AcceptRun(std::string_view set) {
    while (Accept(set)) {
    }
  }

  // Not a perfect check: what passes here and is no number, the parser refuses.
  bool ScanNumber() {
    Accept("+-");
    std::string_view digits = "0123456789_";
    bool hexadecimal = false;
    bool decimal = true;
    if (Accept("0")) {
      if (Accept("xX")) {
        digits = "0123456789abcdefABCDEF_";
        hexadecimal = true;
        decimal = false;
      } else if (Accept("oO")) {
        digits = "01234567_";
        decimal = false;
      } else if (Accept("bB")) {
        digits = "01_";
        decimal = false;
      }
    }
    AcceptRun(digits);
    if (Accept(".")) AcceptRun(digits);
    if ((decimal && Accept("eE")) || (hexadecimal && Accept("pP"))) {
      Accept("+-");
      AcceptRun("0123456789_");
    }
    Accept("i");
    if (AtEnd()) return true;
    const TemplateRune rune = FirstRune(Rest());
    if (rune.value != '_' && !IsLetterOrDigit(rune.value)) return true;
    at_ += rune.bytes;
    return false;
  }

  bool LexNumber() {
    const auto bad = [&] {
      return Fail(
          StrCat("bad number syntax: ", QuotedText(text_.substr(start_, at_ - start_), false)));
    };
    if (!ScanNumber()) return bad();
    if (Peek() == '+' || Peek() == '-') {
      if (!ScanNumber() || text_[at_ - 1] != 'i') return bad();
      return One(Type::kComplex, 0);
    }
    return One(Type::kNumber, 0);
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t start_ = 0;
  int start_line_ = 1;
  int paren_depth_ = 0;
  TemplateTokens result_;
};

}  // namespace

TemplateTokens LexTemplate(std::string_view text) { return Lexer(text).Run(); }

}  // namespace varve::query
