// Functions with regular expressions.
#include "query/template/functions.h"
#include "query/template/go_regex.h"

namespace varve::query {
namespace {

using Parameter = TemplateParameter;

TemplateValue ReplaceAll(TemplateCall* call, bool literal) {
  const RE2* regex = CachedRegex(call->text(0));
  if (regex == nullptr) return call->Fail(RegexError(call->text(0)));
  return call->Return(ReplaceAllMatches(*regex, call->text(1), call->text(2), literal));
}
TemplateValue RegexReplaceAll(TemplateCall* call) { return ReplaceAll(call, false); }
TemplateValue RegexReplaceAllLiteral(TemplateCall* call) { return ReplaceAll(call, true); }

TemplateValue Count(TemplateCall* call) {
  const RE2* regex = CachedRegex(call->text(0));
  if (regex == nullptr) return call->Fail(RegexError(call->text(0)));
  return TemplateValue::Int(CountMatches(*regex, call->text(1)));
}

}  // namespace

void AddRegexFunctions(TemplateFunctionTable* table) {
  constexpr Parameter kText = Parameter::kString;
  table->Add({"regexReplaceAll", {kText, kText, kText}, false, RegexReplaceAll});
  table->Add({"regexReplaceAllLiteral", {kText, kText, kText}, false, RegexReplaceAllLiteral});
  table->Add({"count", {kText, kText}, false, Count});
}

}  // namespace varve::query
