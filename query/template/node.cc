#include "query/template/node.h"

#include "query/template/function_table.h"
#include "query/template/rune.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrAppend;

void PrintAll(const std::vector<TemplateStatement>& statements, std::string* out) {
  for (const TemplateStatement& statement : statements) statement.Print(out);
}

}  // namespace

std::string TemplateNode::ToString() const {
  std::string out;
  Print(&out);
  return out;
}

void TemplateOperand::Print(std::string* out) const {
  switch (kind) {
    case Kind::kDot:
      out->push_back('.');
      return;
    case Kind::kNil:
      out->append("nil");
      return;
    case Kind::kBool:
      out->append(boolean ? "true" : "false");
      return;
    case Kind::kNumber:
    case Kind::kString:
      out->append(text);
      return;
    case Kind::kFunction:
      out->append(function->name);
      return;
    case Kind::kField:
      for (const std::string& name : names) StrAppend(out, ".", name);
      return;
    case Kind::kVariable:
      for (size_t i = 0; i < names.size(); ++i) StrAppend(out, i == 0 ? "" : ".", names[i]);
      return;
    case Kind::kPipeline:
      // Its command writes the parentheses around it.
      pipeline->Print(out);
      return;
    case Kind::kChain:
      if (inner->kind == Kind::kPipeline) {
        StrAppend(out, "(", inner->ToString(), ")");
      } else {
        inner->Print(out);
      }
      for (const std::string& name : names) StrAppend(out, ".", name);
      return;
  }
}

void TemplateCommand::Print(std::string* out) const {
  for (size_t i = 0; i < operands.size(); ++i) {
    if (i != 0) out->push_back(' ');
    const bool parens = operands[i].kind == TemplateOperand::Kind::kPipeline;
    if (parens) out->push_back('(');
    operands[i].Print(out);
    if (parens) out->push_back(')');
  }
}

void TemplatePipeline::Print(std::string* out) const {
  for (size_t i = 0; i < variables.size(); ++i) {
    if (i != 0) out->append(", ");
    variables[i].Print(out);
  }
  if (!variables.empty()) out->append(assigns ? " = " : " := ");
  for (size_t i = 0; i < commands.size(); ++i) {
    if (i != 0) out->append(" | ");
    commands[i].Print(out);
  }
}

void TemplateStatement::Print(std::string* out) const {
  switch (kind) {
    case Kind::kText:
      out->append(text);
      return;
    case Kind::kBreak:
      out->append("{{break}}");
      return;
    case Kind::kContinue:
      out->append("{{continue}}");
      return;
    case Kind::kAction:
      StrAppend(out, "{{", pipeline->ToString(), "}}");
      return;
    case Kind::kTemplate:
      StrAppend(out, "{{template ", QuotedText(text, false));
      if (pipeline != nullptr) StrAppend(out, " ", pipeline->ToString());
      out->append("}}");
      return;
    case Kind::kIf:
    case Kind::kWith:
    case Kind::kRange:
      StrAppend(out,
                kind == Kind::kIf     ? "{{if "
                : kind == Kind::kWith ? "{{with "
                                      : "{{range ",
                pipeline->ToString(), "}}");
      PrintAll(body, out);
      if (has_else) out->append("{{else}}");
      PrintAll(otherwise, out);
      out->append("{{end}}");
      return;
  }
}

}  // namespace varve::query
