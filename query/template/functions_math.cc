// Functions on numbers. Integers wrap around as Go's do.
#include <cmath>

#include "query/template/conversion.h"
#include "query/template/decimal.h"
#include "query/template/float_format.h"
#include "query/template/functions.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using Parameter = TemplateParameter;

int64_t Wrap(uint64_t value) { return static_cast<int64_t>(value); }
uint64_t Bits(const TemplateValue& value) { return static_cast<uint64_t>(ToInt64(value)); }

TemplateValue Int(TemplateCall* call) { return TemplateValue::Int(ToInt64((*call)[0])); }
TemplateValue Float64(TemplateCall* call) { return TemplateValue::Float(ToFloat64((*call)[0])); }

TemplateValue Add(TemplateCall* call) {
  uint64_t sum = 0;
  for (const TemplateValue& value : call->args()) sum += Bits(value);
  return TemplateValue::Int64(Wrap(sum));
}
TemplateValue Sub(TemplateCall* call) {
  return TemplateValue::Int64(Wrap(Bits((*call)[0]) - Bits((*call)[1])));
}
TemplateValue Mul(TemplateCall* call) {
  uint64_t product = 1;
  for (const TemplateValue& value : call->args()) product *= Bits(value);
  return TemplateValue::Int64(Wrap(product));
}

TemplateValue Div(TemplateCall* call) {
  const int64_t divisor = ToInt64((*call)[1]);
  if (divisor == 0) return call->Fail("runtime error: integer divide by zero");
  // The smallest integer divided by -1 wraps around.
  if (divisor == -1) return TemplateValue::Int64(Wrap(0 - Bits((*call)[0])));
  return TemplateValue::Int64(ToInt64((*call)[0]) / divisor);
}
TemplateValue Mod(TemplateCall* call) {
  const int64_t divisor = ToInt64((*call)[1]);
  if (divisor == 0) return call->Fail("runtime error: integer divide by zero");
  return TemplateValue::Int64(divisor == -1 ? 0 : ToInt64((*call)[0]) % divisor);
}

TemplateValue Max(TemplateCall* call) {
  int64_t best = ToInt64((*call)[0]);
  for (const TemplateValue& value : call->args()) best = std::max(best, ToInt64(value));
  return TemplateValue::Int64(best);
}
TemplateValue Min(TemplateCall* call) {
  int64_t best = ToInt64((*call)[0]);
  for (const TemplateValue& value : call->args()) best = std::min(best, ToInt64(value));
  return TemplateValue::Int64(best);
}

// NaN wins, and of two zeros the positive one is the greater.
double GreaterOf(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) {
    return std::isinf(a) && a > 0 ? a : std::isinf(b) && b > 0 ? b : std::nan("");
  }
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
double LesserOf(double a, double b) { return -GreaterOf(-a, -b); }

TemplateValue Maxf(TemplateCall* call) {
  double best = ToFloat64((*call)[0]);
  for (size_t i = 1; i < call->size(); ++i) best = GreaterOf(best, ToFloat64((*call)[i]));
  return TemplateValue::Float(best);
}
TemplateValue Minf(TemplateCall* call) {
  double best = ToFloat64((*call)[0]);
  for (size_t i = 1; i < call->size(); ++i) best = LesserOf(best, ToFloat64((*call)[i]));
  return TemplateValue::Float(best);
}

enum class Operation { kAdd, kSubtract, kMultiply, kDivide };

// The first argument, to which the operation applies the others one by one.
template <Operation operation>
TemplateValue Decimals(TemplateCall* call) {
  for (const TemplateValue& value : call->args()) {
    const double number = ToFloat64(value);
    if (!std::isfinite(number)) {
      return call->Fail(
          storage::StrCat("Cannot create a Decimal from ", FormatGoFloat(number, 'g', -1)));
    }
  }
  DecimalAccumulator result(call->size() == 0 ? 0 : ToFloat64((*call)[0]));
  for (size_t i = 1; i < call->size(); ++i) {
    const double number = ToFloat64((*call)[i]);
    switch (operation) {
      case Operation::kAdd:
        result.Add(number);
        break;
      case Operation::kSubtract:
        result.Subtract(number);
        break;
      case Operation::kMultiply:
        result.Multiply(number);
        break;
      case Operation::kDivide:
        if (number == 0) return call->Fail("decimal division by 0");
        result.Divide(number);
        break;
    }
  }
  return TemplateValue::Float(result.ToDouble());
}

TemplateValue Ceil(TemplateCall* call) {
  return TemplateValue::Float(std::ceil(ToFloat64((*call)[0])));
}
TemplateValue Floor(TemplateCall* call) {
  return TemplateValue::Float(std::floor(ToFloat64((*call)[0])));
}

// To so many places; up from the fraction that the third argument names, 0.5 without.
TemplateValue Round(TemplateCall* call) {
  const double round_on = call->size() > 2 ? (*call)[2].as_float() : 0.5;
  const double power = std::pow(10, static_cast<double>((*call)[1].as_int()));
  const double digit = power * ToFloat64((*call)[0]);
  double whole = 0;
  const double fraction = std::modf(digit, &whole);
  const double rounded = fraction >= round_on ? std::ceil(digit) : std::floor(digit);
  return TemplateValue::Float(rounded / power);
}

}  // namespace

void AddMathFunctions(TemplateFunctionTable* table) {
  constexpr Parameter kAny = Parameter::kAny;
  table->Add({"int", {kAny}, false, Int});
  table->Add({"float64", {kAny}, false, Float64});
  table->Add({"add", {kAny}, true, Add});
  table->Add({"sub", {kAny, kAny}, false, Sub});
  table->Add({"mul", {kAny, kAny}, true, Mul});
  table->Add({"div", {kAny, kAny}, false, Div});
  table->Add({"mod", {kAny, kAny}, false, Mod});
  table->Add({"max", {kAny, kAny}, true, Max});
  table->Add({"min", {kAny, kAny}, true, Min});
  table->Add({"maxf", {kAny, kAny}, true, Maxf});
  table->Add({"minf", {kAny, kAny}, true, Minf});
  table->Add({"addf", {kAny}, true, Decimals<Operation::kAdd>});
  table->Add({"subf", {kAny, kAny}, true, Decimals<Operation::kSubtract>});
  table->Add({"mulf", {kAny, kAny}, true, Decimals<Operation::kMultiply>});
  table->Add({"divf", {kAny, kAny}, true, Decimals<Operation::kDivide>});
  table->Add({"ceil", {kAny}, false, Ceil});
  table->Add({"floor", {kAny}, false, Floor});
  table->Add({"round", {kAny, Parameter::kInt, Parameter::kFloat}, true, Round});
}

}  // namespace varve::query
