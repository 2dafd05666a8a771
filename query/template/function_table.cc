#include "query/template/function_table.h"

#include <algorithm>
#include <utility>

namespace varve::query {

std::string_view TemplateParameterText(TemplateParameter parameter) {
  switch (parameter) {
    case TemplateParameter::kAny:
      return "interface {}";
    case TemplateParameter::kValue:
      return "reflect.Value";
    case TemplateParameter::kString:
      return "string";
    case TemplateParameter::kInt:
      return "int";
    case TemplateParameter::kInt64:
      return "int64";
    case TemplateParameter::kFloat:
      return "float64";
    case TemplateParameter::kBool:
      return "bool";
    case TemplateParameter::kTime:
      return "time.Time";
  }
  return "";
}

TemplateFunctionTable::TemplateFunctionTable() { AddLanguageFunctions(this); }

void TemplateFunctionTable::Add(TemplateFunction function) {
  functions_[std::string(function.name)] = std::move(function);
}

const TemplateFunction* TemplateFunctionTable::Find(std::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> TemplateFunctionTable::Names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, function] : functions_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace varve::query
