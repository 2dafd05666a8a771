// TemplateToken: one lexical piece of a template.
#ifndef QUERY_TEMPLATE_TOKEN_H_
#define QUERY_TEMPLATE_TOKEN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace varve::query {

enum class TemplateTokenType : uint8_t {
  kError,  // the text is the message
  kEnd,
  kText,
  kLeftDelimiter,
  kRightDelimiter,
  kSpace,
  kPipe,
  kLeftParen,
  kRightParen,
  kAssign,     // =
  kDeclare,    // :=
  kCharacter,  // any other printable one, such as a comma
  kRune,       // 'x'
  kNumber,     // also imaginary
  kComplex,    // 1+2i
  kString,     // with its quotes
  kRawString,  // with its quotes
  kField,      // .name
  kVariable,   // $ or $name
  kIdentifier,
  kBool,
  kKeyword,  // those below, and `.` and nil
  kBlock = kKeyword,
  kBreak,
  kContinue,
  kDefine,
  kDot,
  kElse,
  kEndKeyword,
  kIf,
  kNil,
  kRange,
  kTemplate,
  kWith,
};

struct TemplateToken {
  TemplateTokenType type = TemplateTokenType::kEnd;
  size_t at = 0;          // offset in the template
  int line = 1;           // from 1
  std::string_view text;  // as written

  bool is_keyword() const { return type >= TemplateTokenType::kKeyword; }
};

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_TOKEN_H_
