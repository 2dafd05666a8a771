#include "query/template/field_use.h"

#include <algorithm>

namespace varve::query {
namespace {

using OperandKind = TemplateOperand::Kind;

class Collector {
 public:
  void Visit(const std::vector<TemplateStatement>& statements) {
    for (const TemplateStatement& statement : statements) {
      if (statement.pipeline != nullptr) Visit(*statement.pipeline);
      Visit(statement.body);
      Visit(statement.otherwise);
    }
  }

  TemplateFieldUse Finish() {
    std::sort(use_.names.begin(), use_.names.end());
    use_.names.erase(std::unique(use_.names.begin(), use_.names.end()), use_.names.end());
    return std::move(use_);
  }

 private:
  void Visit(const TemplatePipeline& pipeline) {
    for (const TemplateCommand& command : pipeline.commands) {
      for (const TemplateOperand& operand : command.operands) Visit(operand);
    }
  }
  void Visit(const TemplateOperand& operand) {
    switch (operand.kind) {
      case OperandKind::kDot:
        use_.all = true;
        return;
      case OperandKind::kField:
        use_.names.push_back(operand.names[0]);
        return;
      case OperandKind::kVariable:
        // A variable holds the dot, or what was counted when it was set.
        if (operand.names.size() > 1) {
          use_.names.push_back(operand.names[1]);
        } else if (operand.names[0] == "$") {
          use_.all = true;
        }
        return;
      case OperandKind::kPipeline:
        Visit(*operand.pipeline);
        return;
      case OperandKind::kChain:
        Visit(*operand.inner);
        use_.names.push_back(operand.names[0]);
        return;
      default:
        return;
    }
  }

  TemplateFieldUse use_;
};

}  // namespace

TemplateFieldUse CollectFieldUse(const TemplateTrees& trees) {
  Collector collector;
  for (const auto& [name, tree] : trees) collector.Visit(tree.statements);
  return collector.Finish();
}

}  // namespace varve::query
