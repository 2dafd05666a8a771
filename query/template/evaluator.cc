#include "query/template/evaluator.h"

#include <algorithm>
#include <limits>

#include "query/template/rune.h"
#include "storage/model/text.h"

namespace varve::query {

using OperandKind = TemplateOperand::Kind;
using storage::StrCat;

absl::Status TemplateEvaluator::Run(const TemplateValue& dot) {
  run_->variables_.clear();
  run_->arguments_.clear();
  out_begin_ = out_->size();
  tree_ = template_.root_;
  Push("$", dot);
  Walk(dot, tree_->statements);
  return std::move(error_);
}

bool TemplateEvaluator::Fail(std::string_view what) {
  const std::string_view text = *template_.text_;
  const std::string_view before = text.substr(0, node_->at);
  const size_t newline = before.rfind('\n');
  const size_t column = newline == before.npos ? before.size() : before.size() - newline - 1;
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  error_ = absl::InvalidArgumentError(StrCat("template: ", template_.name_, ":", line, ":", column,
                                             ": executing ", QuotedText(tree_->name, false),
                                             " at <", node_->ToString(), ">: ", what));
  return false;
}

bool TemplateEvaluator::FailLimit(std::string_view what) {
  Fail(what);
  error_ = absl::ResourceExhaustedError(error_.message());
  return false;
}

bool TemplateEvaluator::CheckSize() {
  const size_t bytes = out_->size() - out_begin_ + run_->arena_.used_bytes();
  if (bytes <= template_.limits_.output_bytes_max) return true;
  return FailLimit(
      StrCat("exceeded maximum output size (", template_.limits_.output_bytes_max, ")"));
}

void TemplateEvaluator::SetVariable(std::string_view name, const TemplateValue& value) {
  std::vector<TemplateRun::Variable>& variables = run_->variables_;
  for (size_t i = variables.size(); i-- > frame_;) {
    if (variables[i].name != name) continue;
    variables[i].value = value;
    return;
  }
}

bool TemplateEvaluator::Evaluate(const TemplateValue& dot, const TemplatePipeline& pipeline,
                                 TemplateValue* value) {
  node_ = &pipeline;
  Piped piped;
  for (const TemplateCommand& command : pipeline.commands) {
    TemplateValue result;
    if (!EvaluateCommand(dot, command, piped, &result)) return false;
    piped = {true, result.Unboxed()};
  }
  for (const TemplateOperand& variable : pipeline.variables) {
    if (pipeline.assigns) {
      SetVariable(variable.names[0], piped.value);
    } else {
      Push(variable.names[0], piped.value);
    }
  }
  *value = piped.value;
  return true;
}

bool TemplateEvaluator::RefuseArguments(Operands operands, const Piped& piped) {
  if (operands.size() <= 1 && !piped.is_there) return true;
  return Fail(StrCat("can't give argument to non-function ", operands[0].ToString()));
}

bool TemplateEvaluator::EvaluateCommand(const TemplateValue& dot, const TemplateCommand& command,
                                        const Piped& piped, TemplateValue* value) {
  const Operands operands = command.operands;
  const TemplateOperand& first = operands[0];
  const bool has_arguments = operands.size() > 1 || piped.is_there;
  switch (first.kind) {
    case OperandKind::kField:
      node_ = &first;
      return EvaluateFields(dot, first.names, has_arguments, value);
    case OperandKind::kChain: {
      node_ = &first;
      if (first.inner->kind == OperandKind::kNil) {
        return Fail(StrCat("indirection through explicit nil in ", first.ToString()));
      }
      TemplateValue inner;
      if (!EvaluateOperand(dot, *first.inner, &inner)) return false;
      return EvaluateFields(inner, first.names, has_arguments, value);
    }
    case OperandKind::kFunction:
      node_ = &first;
      return EvaluateCall(dot, *first.function, command, operands.subspan(1), piped, value);
    case OperandKind::kPipeline:
      return RefuseArguments(operands, piped) && Evaluate(dot, *first.pipeline, value);
    case OperandKind::kVariable:
      node_ = &first;
      if (first.names.size() == 1 && !RefuseArguments(operands, piped)) return false;
      return EvaluateVariable(first, has_arguments, value);
    default:
      break;
  }
  node_ = &first;
  if (!RefuseArguments(operands, piped)) return false;
  if (first.kind == OperandKind::kNil) return Fail("nil is not a command");
  return EvaluateOperand(dot, first, value);
}

// An operand that may have any type.
bool TemplateEvaluator::EvaluateOperand(const TemplateValue& dot, const TemplateOperand& operand,
                                        TemplateValue* value) {
  node_ = &operand;
  switch (operand.kind) {
    case OperandKind::kDot:
      *value = dot;
      return true;
    case OperandKind::kNil:
      *value = TemplateValue::Nil();
      return true;
    case OperandKind::kBool:
      *value = TemplateValue::Bool(operand.boolean);
      return true;
    case OperandKind::kNumber:
      return EvaluateConstant(operand, value);
    case OperandKind::kString:
      *value = TemplateValue::String(operand.string);
      return true;
    case OperandKind::kField:
      return EvaluateFields(dot, operand.names, false, value);
    case OperandKind::kVariable:
      return EvaluateVariable(operand, false, value);
    case OperandKind::kFunction:
      return EvaluateCall(dot, *operand.function, operand, {}, Piped(), value);
    case OperandKind::kPipeline:
      return Evaluate(dot, *operand.pipeline, value);
    case OperandKind::kChain: {
      if (operand.inner->kind == OperandKind::kNil) {
        return Fail(StrCat("indirection through explicit nil in ", operand.ToString()));
      }
      TemplateValue inner;
      return EvaluateOperand(dot, *operand.inner, &inner) &&
             EvaluateFields(inner, operand.names, false, value);
    }
  }
  return true;
}

// A number where nothing says which type it has: its spelling does.
bool TemplateEvaluator::EvaluateConstant(const TemplateOperand& operand, TemplateValue* value) {
  const TemplateNumber& number = operand.number;
  const std::string_view text = operand.text;
  if (number.is_complex) {
    *value = TemplateValue::Complex(number.real, number.imaginary);
    return true;
  }
  const bool is_rune = text.starts_with('\'');
  const bool is_hexadecimal = text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' &&
                              text.find_first_of("pP") == text.npos;
  if (number.is_float && !is_rune && !is_hexadecimal && text.find_first_of(".eEpP") != text.npos) {
    *value = TemplateValue::Float(number.float_value);
    return true;
  }
  if (!number.is_int) return Fail(StrCat(text, " overflows int"));
  *value = TemplateValue::Int(number.int_value);
  return true;
}

bool TemplateEvaluator::EvaluateVariable(const TemplateOperand& variable, bool has_arguments,
                                         TemplateValue* value) {
  const std::vector<TemplateRun::Variable>& variables = run_->variables_;
  const std::string_view name = variable.names[0];
  TemplateValue found;
  for (size_t i = variables.size(); i-- > frame_;) {
    if (variables[i].name != name) continue;
    found = variables[i].value;
    break;
  }
  if (variable.names.size() == 1) {
    *value = found;
    return true;
  }
  return EvaluateFields(found, std::span(variable.names).subspan(1), has_arguments, value);
}

bool TemplateEvaluator::EvaluateFields(TemplateValue receiver, std::span<const std::string> names,
                                       bool has_arguments, TemplateValue* value) {
  for (size_t i = 0; i < names.size(); ++i) {
    const bool last = i + 1 == names.size();
    if (!EvaluateField(receiver, names[i], last && has_arguments, value)) return false;
    receiver = *value;
  }
  return true;
}

bool TemplateEvaluator::EvaluateField(const TemplateValue& receiver, std::string_view name,
                                      bool has_arguments, TemplateValue* value) {
  const auto refuse = [&] { return Fail(StrCat(name, " is not a method but has arguments")); };
  switch (receiver.kind()) {
    case ValueKind::kInvalid:
      *value = TemplateValue();
      return true;
    case ValueKind::kNil:
      return Fail(StrCat("nil pointer evaluating interface {}.", name));
    case ValueKind::kStringMap: {
      if (has_arguments) return refuse();
      std::string_view text;
      receiver.as_string_map().Find(name, &text);
      *value = TemplateValue::String(text);
      return true;
    }
    case ValueKind::kMap: {
      if (has_arguments) return refuse();
      const std::span<const TemplateField> fields = receiver.as_map();
      const auto found = std::lower_bound(
          fields.begin(), fields.end(), name,
          [](const TemplateField& field, std::string_view key) { return field.name < key; });
      *value = found != fields.end() && found->name == name ? found->value.InInterface()
                                                            : TemplateValue::Nil();
      return true;
    }
    default:
      return Fail(StrCat("can't evaluate field ", name, " in type ", receiver.TypeName()));
  }
}

}  // namespace varve::query
