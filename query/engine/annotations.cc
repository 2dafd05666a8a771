#include "query/engine/annotations.h"

#include "query/engine/number_format.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

std::string WithPosition(std::string_view kind, std::string_view text, std::string_view position) {
  std::string message = storage::StrCat("PromQL ", kind, ": ", text);
  if (!position.empty()) storage::StrAppend(&message, " (", position, ")");
  return message;
}

}  // namespace

void AddPromqlWarning(std::string_view text, std::string_view position, QueryContext* context) {
  context->AddWarning(WithPosition("warning", text, position));
}

void AddPromqlInfo(std::string_view text, std::string_view position, QueryContext* context) {
  context->AddInfo(WithPosition("info", text, position));
}

void WarnInvalidQuantile(double share, std::string_view position, QueryContext* context) {
  std::string text = "quantile value should be between 0 and 1, got ";
  AppendGeneralFloat(share, &text);
  AddPromqlWarning(text, position, context);
}

}  // namespace varve::query
