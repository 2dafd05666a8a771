// Functions that encode and decode.
#include "query/template/base64.h"
#include "query/template/functions.h"
#include "query/template/json_value.h"
#include "query/template/url_escape.h"

namespace varve::query {
namespace {

using Parameter = TemplateParameter;

TemplateValue B64enc(TemplateCall* call) { return call->Return(EncodeBase64(call->text(0))); }

// What does not decode gives the error's text.
TemplateValue B64dec(TemplateCall* call) {
  std::string bytes;
  DecodeBase64(call->text(0), &bytes);
  return call->Return(bytes);
}

TemplateValue UrlEncode(TemplateCall* call) { return call->Return(EscapeQueryText(call->text(0))); }
TemplateValue UrlDecode(TemplateCall* call) {
  std::string plain;
  std::string error;
  if (!UnescapeQueryText(call->text(0), &plain, &error)) return call->Fail(std::move(error));
  return call->Return(plain);
}

// What is not JSON is nil.
TemplateValue FromJson(TemplateCall* call) {
  TemplateValue value;
  if (!ParseJsonValue(call->text(0), call->arena(), &value)) return TemplateValue::Nil();
  return value.InInterface();
}

}  // namespace

void AddEncodingFunctions(TemplateFunctionTable* table) {
  constexpr Parameter kText = Parameter::kString;
  table->Add({"b64enc", {kText}, false, B64enc});
  table->Add({"b64dec", {kText}, false, B64dec});
  table->Add({"urlencode", {kText}, false, UrlEncode});
  table->Add({"urldecode", {kText}, false, UrlDecode});
  table->Add({"fromJson", {kText}, false, FromJson});
}

}  // namespace varve::query
