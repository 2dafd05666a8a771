#include "query/engine/annotations.h"

#include "query/engine/number_format.h"
#include "storage/model/text.h"

namespace varve::query {

void AddPromqlWarning(std::string_view text, std::string_view position, QueryContext* context) {
  context->AddWarning(storage::StrCat("PromQL warning: ", text), position);
}

void AddPromqlInfo(std::string_view text, std::string_view position, QueryContext* context) {
  context->AddInfo(storage::StrCat("PromQL info: ", text), position);
}

void WarnInvalidQuantile(double share, std::string_view position, QueryContext* context) {
  std::string text = "quantile value should be between 0 and 1, got ";
  AppendGeneralFloat(share, &text);
  AddPromqlWarning(text, position, context);
}

}  // namespace varve::query
