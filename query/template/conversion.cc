#include "query/template/conversion.h"

#include <limits>

#include "query/template/number_literal.h"

namespace varve::query {
namespace {

// `2.000` counts as 2, `2.5` as no integer.
std::string_view WithoutZeroDecimals(std::string_view text) {
  const size_t last = text.find_last_not_of('0');
  if (last == text.npos || last == 0 || last + 1 == text.size()) {
    return last != text.npos && text[last] == '.' && last > 0 ? text.substr(0, last) : text;
  }
  return text[last] == '.' ? text.substr(0, last) : text;
}

}  // namespace

int64_t TruncateToInt64(double value) {
  if (value >= -0x1p63 && value < 0x1p63) return static_cast<int64_t>(value);
  return std::numeric_limits<int64_t>::min();
}

int64_t ToInt64(const TemplateValue& value) {
  switch (value.kind()) {
    case ValueKind::kBool:
    case ValueKind::kInt:
    case ValueKind::kInt64:
    case ValueKind::kUint8:
      return value.as_int();
    case ValueKind::kFloat:
      return TruncateToInt64(value.as_float());
    case ValueKind::kString: {
      int64_t number = 0;
      return ParsePrefixedInt(WithoutZeroDecimals(value.as_string()), &number) ? number : 0;
    }
    default:
      return 0;
  }
}

double ToFloat64(const TemplateValue& value) {
  switch (value.kind()) {
    case ValueKind::kBool:
    case ValueKind::kInt:
    case ValueKind::kInt64:
    case ValueKind::kUint8:
      return static_cast<double>(value.as_int());
    case ValueKind::kFloat:
      return value.as_float();
    case ValueKind::kString: {
      double number = 0;
      return ParseGoFloat(value.as_string(), &number) ? number : 0;
    }
    default:
      return 0;
  }
}

}  // namespace varve::query
