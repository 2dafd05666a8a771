// ValueFormatter: prints one value under one verb and its flags, as Go's fmt does.
//
// Threads:  one thread.
// Source:   the documentation of Go's package fmt.
#ifndef QUERY_TEMPLATE_FORMATTER_H_
#define QUERY_TEMPLATE_FORMATTER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "query/template/arena.h"
#include "query/template/value.h"

namespace varve::query {

struct FormatFlags {
  bool sharp = false;
  bool zero = false;
  bool plus = false;
  bool minus = false;
  bool space = false;
  bool sharp_v = false;  // %#v, which is Go syntax
  bool has_width = false;
  bool has_precision = false;
  int width = 0;
  int precision = 0;
};

class ValueFormatter {
 public:
  ValueFormatter(TemplateArena* arena, std::string* out) : arena_(arena), out_(out) {}

  FormatFlags flags;

  void Print(const TemplateValue& value, uint32_t verb);

 private:
  void PrintPart(const TemplateValue& value, uint32_t verb, int depth);
  void PrintList(const TemplateValue& value, uint32_t verb, int depth);
  void PrintMap(const TemplateValue& value, uint32_t verb, int depth);
  void PrintBool(const TemplateValue& value, uint32_t verb);
  void PrintInteger(const TemplateValue& value, uint32_t verb);
  void PrintFloat(double number, const TemplateValue& value, uint32_t verb);
  void PrintComplex(const TemplateValue& value, uint32_t verb);
  // `value` is what a wrong verb names.
  void PrintString(std::string_view text, const TemplateValue& value, uint32_t verb);
  void BadVerb(const TemplateValue& value, uint32_t verb);

  void FormatInteger(uint64_t magnitude, bool negative, unsigned radix, uint32_t verb, bool upper);
  void FormatFloat(double number, char format, int precision);
  void FormatHexText(std::string_view text, bool upper);
  void FormatQuoted(std::string_view text);
  void FormatUnicode(uint64_t rune);
  std::string_view Truncated(std::string_view text) const;
  void Pad(std::string_view text);
  void Pad(std::string_view text, bool zeros);
  void AppendPadding(size_t count, bool zeros);

  TemplateArena* arena_;
  std::string* out_;
};

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_FORMATTER_H_
