// Calls of functions: how many arguments there are, of which types, and what and/or skip.
#include <algorithm>

#include "query/template/evaluator.h"
#include "storage/model/text.h"

namespace varve::query {

using OperandKind = TemplateOperand::Kind;
using storage::StrCat;

bool TemplateEvaluator::CheckArgumentCount(const TemplateFunction& function, size_t written,
                                           size_t count) {
  const size_t parameters = function.parameters.size();
  if (function.variadic) {
    if (count + 1 >= parameters) return true;
    return Fail(StrCat("wrong number of args for ", function.name, ": want at least ",
                       parameters - 1, " got ", written));
  }
  if (count == parameters) return true;
  return Fail(
      StrCat("wrong number of args for ", function.name, ": want ", parameters, " got ", count));
}

bool TemplateEvaluator::EvaluateLogic(const TemplateValue& dot, const TemplateFunction& function,
                                      Operands arguments, const Piped& piped,
                                      TemplateValue* value) {
  const bool stops_at = function.logic == TemplateFunction::Logic::kOr;
  for (const TemplateOperand& argument : arguments) {
    if (!EvaluateArgument(dot, argument, TemplateParameter::kValue, value)) return false;
    if (value->IsTrue() == stops_at) return true;
  }
  if (piped.is_there) *value = piped.value;
  return true;
}

// No value of a template is a function, so that a call has only its errors.
bool TemplateEvaluator::FailCall(const TemplateValue& dot, const TemplateNode& node,
                                 Operands arguments, const Piped& piped) {
  TemplateValue callee = piped.value;
  for (size_t i = 0; i < arguments.size(); ++i) {
    TemplateValue argument;
    if (!EvaluateArgument(dot, arguments[i], TemplateParameter::kValue, &argument)) return false;
    if (i == 0) callee = argument;
  }
  callee = callee.Unboxed();
  node_ = &node;
  if (!callee.is_valid()) return Fail("error calling call: call of nil");
  std::string name;
  if (!arguments.empty()) {
    name = arguments[0].ToString();
  } else if (callee.kind() == ValueKind::kString) {
    name = std::string(callee.as_string());
  } else {
    name = StrCat("<", callee.TypeName(), " Value>");
  }
  return Fail(StrCat("error calling call: non-function ", name, " of type ", callee.TypeName()));
}

bool TemplateEvaluator::EvaluateCall(const TemplateValue& dot, const TemplateFunction& function,
                                     const TemplateNode& node, Operands arguments,
                                     const Piped& piped, TemplateValue* value) {
  const size_t count = arguments.size() + (piped.is_there ? 1 : 0);
  if (!CheckArgumentCount(function, arguments.size(), count)) return false;
  if (function.logic == TemplateFunction::Logic::kCall) {
    return FailCall(dot, node, arguments, piped);
  }
  if (function.logic != TemplateFunction::Logic::kNone) {
    return EvaluateLogic(dot, function, arguments, piped, value);
  }
  const auto parameter = [&](size_t i) {
    return function.parameters[std::min(i, function.parameters.size() - 1)];
  };
  // Arguments of calls inside arguments lie above these.
  std::vector<TemplateValue>& stack = run_->arguments_;
  const size_t begin = stack.size();
  for (size_t i = 0; i < arguments.size(); ++i) {
    TemplateValue argument;
    if (!EvaluateArgument(dot, arguments[i], parameter(i), &argument)) return false;
    stack.push_back(argument);
  }
  if (piped.is_there) {
    TemplateValue last = piped.value;
    if (!CheckType(parameter(arguments.size()), &last)) return false;
    stack.push_back(last);
  }
  TemplateCall call(std::span<const TemplateValue>(stack).subspan(begin), &run_->arena_,
                    environment_);
  *value = function.run(&call);
  stack.resize(begin);
  if (call.failed()) {
    node_ = &node;
    return Fail(StrCat("error calling ", function.name, ": ", call.error()));
  }
  return CheckSize();
}

bool TemplateEvaluator::CheckType(TemplateParameter parameter, TemplateValue* value) {
  if (parameter == TemplateParameter::kValue) return true;
  if (parameter == TemplateParameter::kAny) {
    if (!value->is_valid()) *value = TemplateValue::Nil();
    return true;
  }
  if (!value->is_valid()) {
    return Fail(StrCat("invalid value; expected ", TemplateParameterText(parameter)));
  }
  if (value->kind() != ValueKind::kNil) *value = value->Unboxed();
  bool fits = false;
  switch (parameter) {
    case TemplateParameter::kAny:
    case TemplateParameter::kValue:
      break;
    case TemplateParameter::kString:
      fits = value->kind() == ValueKind::kString;
      break;
    case TemplateParameter::kInt:
      fits = value->kind() == ValueKind::kInt;
      break;
    case TemplateParameter::kInt64:
      fits = value->kind() == ValueKind::kInt64;
      break;
    case TemplateParameter::kFloat:
      fits = value->kind() == ValueKind::kFloat;
      break;
    case TemplateParameter::kBool:
      fits = value->kind() == ValueKind::kBool;
      break;
    case TemplateParameter::kTime:
      fits = value->kind() == ValueKind::kTime;
      break;
  }
  if (fits) return true;
  return Fail(StrCat("wrong type for value; expected ", TemplateParameterText(parameter), "; got ",
                     value->TypeName()));
}

bool TemplateEvaluator::EvaluateArgument(const TemplateValue& dot, const TemplateOperand& operand,
                                         TemplateParameter parameter, TemplateValue* value) {
  node_ = &operand;
  if (parameter == TemplateParameter::kValue && operand.kind == OperandKind::kNil) {
    *value = TemplateValue();
    return true;
  }
  if (parameter == TemplateParameter::kAny || parameter == TemplateParameter::kValue) {
    return EvaluateOperand(dot, operand, value) && CheckType(parameter, value);
  }
  switch (operand.kind) {
    case OperandKind::kNil:
      return Fail(StrCat("cannot assign nil to ", TemplateParameterText(parameter)));
    case OperandKind::kBool:
    case OperandKind::kNumber:
    case OperandKind::kString:
      return EvaluateLiteral(operand, parameter, value);
    default:
      return EvaluateOperand(dot, operand, value) && CheckType(parameter, value);
  }
}

// A literal becomes what the parameter wants, if it can be that.
bool TemplateEvaluator::EvaluateLiteral(const TemplateOperand& operand, TemplateParameter parameter,
                                        TemplateValue* value) {
  const bool is_number = operand.kind == OperandKind::kNumber;
  std::string_view wanted;
  switch (parameter) {
    case TemplateParameter::kString:
      *value = TemplateValue::String(operand.string);
      if (operand.kind == OperandKind::kString) return true;
      wanted = "string";
      break;
    case TemplateParameter::kInt:
    case TemplateParameter::kInt64:
      *value = parameter == TemplateParameter::kInt
                   ? TemplateValue::Int(operand.number.int_value)
                   : TemplateValue::Int64(operand.number.int_value);
      if (is_number && operand.number.is_int) return true;
      wanted = "integer";
      break;
    case TemplateParameter::kFloat:
      *value = TemplateValue::Float(operand.number.float_value);
      if (is_number && operand.number.is_float) return true;
      wanted = "float";
      break;
    case TemplateParameter::kBool:
      *value = TemplateValue::Bool(operand.boolean);
      if (operand.kind == OperandKind::kBool) return true;
      wanted = "bool";
      break;
    case TemplateParameter::kAny:
    case TemplateParameter::kValue:
    case TemplateParameter::kTime:
      return Fail(StrCat("can't handle ", operand.ToString(), " for arg of type ",
                         TemplateParameterText(parameter)));
  }
  return Fail(StrCat("expected ", wanted, "; found ", operand.ToString()));
}

}  // namespace varve::query
