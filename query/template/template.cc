#include "query/template/template.h"

#include <utility>

#include "query/template/evaluator.h"
#include "query/template/field_use.h"
#include "storage/status_macros.h"

namespace varve::query {

absl::StatusOr<Template> Template::Parse(std::string_view name, std::string_view text,
                                         const TemplateFunctionTable& functions,
                                         const TemplateLimits& limits) {
  Template result;
  result.name_ = std::string(name);
  result.text_ = std::make_unique<std::string>(text);
  result.limits_ = limits;
  VARVE_ASSIGN_OR_RETURN(result.trees_, ParseTemplate(name, *result.text_, functions));
  result.root_ = &result.trees_.find(name)->second;
  result.fields_ = CollectFieldUse(result.trees_);
  return result;
}

absl::Status Template::Execute(const TemplateValue& dot, const void* environment, TemplateRun* run,
                               std::string* out) const {
  return TemplateEvaluator(*this, environment, run, out).Run(dot);
}

const std::string* Template::single_field() const {
  if (root_->statements.size() != 1) return nullptr;
  const TemplateStatement& statement = root_->statements[0];
  if (statement.kind != TemplateStatement::Kind::kAction) return nullptr;
  const TemplatePipeline& pipeline = *statement.pipeline;
  if (!pipeline.variables.empty() || pipeline.commands.size() != 1) return nullptr;
  const std::vector<TemplateOperand>& operands = pipeline.commands[0].operands;
  if (operands.size() != 1 || operands[0].kind != TemplateOperand::Kind::kField ||
      operands[0].names.size() != 1) {
    return nullptr;
  }
  return &operands[0].names[0];
}

}  // namespace varve::query
