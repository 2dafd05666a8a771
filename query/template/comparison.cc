#include "query/template/comparison.h"

#include "query/template/arena.h"
#include "query/template/go_time.h"
#include "query/template/print.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrCat;

enum class Basic { kNone, kBool, kComplex, kInt, kFloat, kString, kUint };

Basic BasicOf(const TemplateValue& value) {
  switch (value.kind()) {
    case ValueKind::kBool:
      return Basic::kBool;
    case ValueKind::kInt:
    case ValueKind::kInt64:
    case ValueKind::kDuration:
      return Basic::kInt;
    case ValueKind::kUint8:
      return Basic::kUint;
    case ValueKind::kFloat:
      return Basic::kFloat;
    case ValueKind::kComplex:
      return Basic::kComplex;
    case ValueKind::kString:
      return Basic::kString;
    default:
      return Basic::kNone;
  }
}

bool IsInteger(Basic kind) { return kind == Basic::kInt || kind == Basic::kUint; }

std::string Shown(const TemplateValue& value) {
  TemplateArena arena;
  std::string out;
  AppendValue(value, &arena, &out);
  return out;
}

bool SameMoment(const GoTime& a, const GoTime& b) {
  return a.seconds == b.seconds && a.nanoseconds == b.nanoseconds && a.zone == b.zone;
}

}  // namespace

bool ValuesEqual(const TemplateValue& left, const TemplateValue& right, bool* result,
                 std::string* error) {
  const TemplateValue a = left.Unboxed();
  const TemplateValue b = right.Unboxed();
  const Basic kind = BasicOf(a);
  const Basic other = BasicOf(b);
  *result = false;
  if (IsInteger(kind) && IsInteger(other)) {
    // A byte is never negative, so that one comparison serves both signs.
    *result = a.as_int() == b.as_int();
    return true;
  }
  if (kind != other) {
    if (!a.is_valid() || !b.is_valid()) return true;
    *error = StrCat("incompatible types for comparison: ", a.TypeName(), " and ", b.TypeName());
    return false;
  }
  switch (kind) {
    case Basic::kBool:
      *result = a.as_bool() == b.as_bool();
      return true;
    case Basic::kFloat:
      *result = a.as_float() == b.as_float();
      return true;
    case Basic::kComplex:
      *result = a.as_float() == b.as_float() && a.imaginary() == b.imaginary();
      return true;
    case Basic::kString:
      *result = a.as_string() == b.as_string();
      return true;
    default:
      break;
  }
  if (!a.is_valid() || !b.is_valid()) {
    *result = a.is_valid() == b.is_valid();
    return true;
  }
  const auto go_kind = [](const TemplateValue& value) {
    return value.kind() == ValueKind::kStringMap ? ValueKind::kMap : value.kind();
  };
  if (go_kind(a) != go_kind(b)) {
    *error = StrCat("non-comparable types ", Shown(a), ": ", a.TypeName(), ", ", b.TypeName(), ": ",
                    Shown(b));
    return false;
  }
  if (a.kind() != ValueKind::kTime) {
    *error = StrCat("non-comparable type ", Shown(b), ": ", b.TypeName());
    return false;
  }
  *result = SameMoment(a.as_time(), b.as_time());
  return true;
}

bool ValuesDiffer(const TemplateValue& a, const TemplateValue& b, bool* result,
                  std::string* error) {
  if (!ValuesEqual(a, b, result, error)) return false;
  *result = !*result;
  return true;
}

bool ValueIsLess(const TemplateValue& left, const TemplateValue& right, bool* result,
                 std::string* error) {
  const TemplateValue a = left.Unboxed();
  const TemplateValue b = right.Unboxed();
  const Basic kind = BasicOf(a);
  const Basic other = BasicOf(b);
  *result = false;
  constexpr std::string_view kBadType = "invalid type for comparison";
  if (kind == Basic::kNone || other == Basic::kNone) {
    *error = kBadType;
    return false;
  }
  if (IsInteger(kind) && IsInteger(other)) {
    *result = a.as_int() < b.as_int();
    return true;
  }
  if (kind != other) {
    *error = StrCat("incompatible types for comparison: ", a.TypeName(), " and ", b.TypeName());
    return false;
  }
  switch (kind) {
    case Basic::kFloat:
      *result = a.as_float() < b.as_float();
      return true;
    case Basic::kString:
      *result = a.as_string() < b.as_string();
      return true;
    default:
      *error = kBadType;
      return false;
  }
}

bool ValueIsLessOrEqual(const TemplateValue& a, const TemplateValue& b, bool* result,
                        std::string* error) {
  if (!ValueIsLess(a, b, result, error)) return false;
  return *result || ValuesEqual(a, b, result, error);
}

bool ValueIsGreater(const TemplateValue& a, const TemplateValue& b, bool* result,
                    std::string* error) {
  if (!ValueIsLessOrEqual(a, b, result, error)) return false;
  *result = !*result;
  return true;
}

bool ValueIsGreaterOrEqual(const TemplateValue& a, const TemplateValue& b, bool* result,
                           std::string* error) {
  if (!ValueIsLess(a, b, result, error)) return false;
  *result = !*result;
  return true;
}

}  // namespace varve::query
