// Statements: text, actions, branches, loops and calls of templates.
#include "query/template/evaluator.h"
#include "query/template/print.h"
#include "query/template/rune.h"
#include "storage/model/text.h"

namespace varve::query {

using StatementKind = TemplateStatement::Kind;
using storage::StrCat;

TemplateEvaluator::Flow TemplateEvaluator::Walk(const TemplateValue& dot,
                                                const Statements& statements) {
  if (depth_ >= template_.limits_.depth_max) {
    FailLimit(StrCat("exceeded maximum template depth (", template_.limits_.depth_max, ")"));
    return Flow::kFailed;
  }
  ++depth_;
  Flow flow = Flow::kNext;
  for (const TemplateStatement& statement : statements) {
    flow = WalkOne(dot, statement);
    if (flow != Flow::kNext) break;
  }
  --depth_;
  return flow;
}

// The statement `{{.name}}` on a map of strings, which most are: no value has to be made.
bool TemplateEvaluator::PrintField(const TemplateValue& dot, const TemplateStatement& statement,
                                   bool* printed) {
  const TemplatePipeline& pipeline = *statement.pipeline;
  *printed = false;
  if (dot.kind() != ValueKind::kStringMap || pipeline.commands.size() != 1 ||
      !pipeline.variables.empty()) {
    return true;
  }
  const std::vector<TemplateOperand>& operands = pipeline.commands[0].operands;
  if (operands.size() != 1 || operands[0].kind != TemplateOperand::Kind::kField ||
      operands[0].names.size() != 1) {
    return true;
  }
  std::string_view text;
  if (dot.as_string_map().Find(operands[0].names[0], &text)) out_->append(text);
  *printed = true;
  return CheckSize();
}

TemplateEvaluator::Flow TemplateEvaluator::WalkOne(const TemplateValue& dot,
                                                   const TemplateStatement& statement) {
  node_ = &statement;
  if (++steps_ > template_.limits_.steps_max) {
    FailLimit(StrCat("exceeded maximum number of steps (", template_.limits_.steps_max, ")"));
    return Flow::kFailed;
  }
  switch (statement.kind) {
    case StatementKind::kText:
      out_->append(statement.text);
      return CheckSize() ? Flow::kNext : Flow::kFailed;
    case StatementKind::kAction: {
      bool printed = false;
      if (!PrintField(dot, statement, &printed)) return Flow::kFailed;
      if (printed) return Flow::kNext;
      TemplateValue value;
      if (!Evaluate(dot, *statement.pipeline, &value)) return Flow::kFailed;
      if (!statement.pipeline->variables.empty()) return Flow::kNext;
      node_ = &statement;
      if (value.is_valid()) {
        AppendValue(value, &run_->arena_, out_);
      } else {
        out_->append("<no value>");
      }
      return CheckSize() ? Flow::kNext : Flow::kFailed;
    }
    case StatementKind::kIf:
    case StatementKind::kWith:
      return WalkBranch(dot, statement);
    case StatementKind::kRange:
      return WalkRange(dot, statement);
    case StatementKind::kBreak:
      return Flow::kBreak;
    case StatementKind::kContinue:
      return Flow::kContinue;
    case StatementKind::kTemplate:
      return CallTemplate(dot, statement) ? Flow::kNext : Flow::kFailed;
  }
  return Flow::kNext;
}

TemplateEvaluator::Flow TemplateEvaluator::WalkBranch(const TemplateValue& dot,
                                                      const TemplateStatement& statement) {
  const size_t variables = run_->variables_.size();
  TemplateValue value;
  if (!Evaluate(dot, *statement.pipeline, &value)) return Flow::kFailed;
  Flow flow = Flow::kNext;
  if (value.IsTrue()) {
    flow = Walk(statement.kind == StatementKind::kWith ? value : dot, statement.body);
  } else if (statement.has_else) {
    flow = Walk(dot, statement.otherwise);
  }
  run_->variables_.resize(variables);
  return flow;
}

TemplateEvaluator::Flow TemplateEvaluator::Iterate(const TemplateStatement& range,
                                                   const TemplateValue& index,
                                                   const TemplateValue& element) {
  const std::vector<TemplateOperand>& names = range.pipeline->variables;
  std::vector<TemplateRun::Variable>& variables = run_->variables_;
  const size_t mark = variables.size();
  if (range.pipeline->assigns) {
    if (names.size() == 1) SetVariable(names[0].names[0], element);
    if (names.size() == 2) {
      SetVariable(names[0].names[0], index);
      SetVariable(names[1].names[0], element);
    }
  } else if (!names.empty()) {
    // The pipeline has pushed them: the element last, or alone.
    variables[mark - 1].value = element;
    if (names.size() == 2) variables[mark - 2].value = index;
  }
  Flow flow = Walk(element, range.body);
  variables.resize(mark);
  if (++steps_ > template_.limits_.steps_max && flow != Flow::kFailed) {
    node_ = &range;
    FailLimit(StrCat("exceeded maximum number of steps (", template_.limits_.steps_max, ")"));
    flow = Flow::kFailed;
  }
  return flow == Flow::kContinue ? Flow::kNext : flow;
}

TemplateEvaluator::Flow TemplateEvaluator::WalkRange(const TemplateValue& dot,
                                                     const TemplateStatement& statement) {
  const size_t variables = run_->variables_.size();
  TemplateValue value;
  if (!Evaluate(dot, *statement.pipeline, &value)) return Flow::kFailed;
  Flow flow = Flow::kNext;
  bool any = false;
  const auto next = [&](const TemplateValue& index, const TemplateValue& element) {
    any = true;
    flow = Iterate(statement, index, element);
    return flow == Flow::kNext;
  };
  switch (value.kind()) {
    case ValueKind::kInvalid:
    case ValueKind::kNil:
      break;
    case ValueKind::kInt:
    case ValueKind::kInt64:
    case ValueKind::kUint8:
    case ValueKind::kDuration: {
      if (statement.pipeline->variables.size() > 1) {
        std::string shown;
        AppendValue(value, &run_->arena_, &shown);
        Fail(StrCat("can't use ", shown, " to iterate over more than one variable"));
        return Flow::kFailed;
      }
      for (int64_t i = 0; i < value.as_int(); ++i) {
        if (!next(TemplateValue(), TemplateValue::Int(i))) break;
      }
      break;
    }
    case ValueKind::kList: {
      const std::span<const TemplateValue> list = value.as_list();
      for (size_t i = 0; i < list.size(); ++i) {
        if (!next(TemplateValue::Int(static_cast<int64_t>(i)), list[i].InInterface())) break;
      }
      break;
    }
    case ValueKind::kMap:
      for (const TemplateField& field : value.as_map()) {
        if (!next(TemplateValue::String(field.name), field.value.InInterface())) break;
      }
      break;
    case ValueKind::kStringMap:
      for (const TemplateField& field : value.as_string_map().Fields(&run_->arena_)) {
        if (!next(TemplateValue::String(field.name), field.value)) break;
      }
      break;
    default: {
      std::string shown;
      AppendValue(value, &run_->arena_, &shown);
      Fail(StrCat("range can't iterate over ", shown));
      return Flow::kFailed;
    }
  }
  if (flow == Flow::kBreak) flow = Flow::kNext;
  if (!any && statement.has_else) flow = Walk(dot, statement.otherwise);
  run_->variables_.resize(variables);
  return flow;
}

bool TemplateEvaluator::CallTemplate(const TemplateValue& dot, const TemplateStatement& statement) {
  const auto found = template_.trees_.find(statement.text);
  if (found == template_.trees_.end()) {
    return Fail(StrCat("template ", QuotedText(statement.text, false), " not defined"));
  }
  TemplateValue argument;
  if (statement.pipeline != nullptr && !Evaluate(dot, *statement.pipeline, &argument)) return false;
  const TemplateTree* outer_tree = std::exchange(tree_, &found->second);
  const size_t outer_frame = std::exchange(frame_, run_->variables_.size());
  Push("$", argument);
  const Flow flow = Walk(argument, tree_->statements);
  run_->variables_.resize(frame_);
  frame_ = outer_frame;
  tree_ = outer_tree;
  return flow != Flow::kFailed;
}

}  // namespace varve::query
