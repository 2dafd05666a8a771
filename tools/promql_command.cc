#include "tools/promql_command.h"

#include <iostream>
#include <iterator>

#include "query/promql/ast_json.h"
#include "query/promql/parser.h"
#include "query/promql/printer.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/terminal_text.h"

namespace varve::tools {
namespace {

absl::StatusOr<query::ExprPtr> Parse(const PromqlOptions& options) {
  std::string text = options.expression;
  if (text == "-") text.assign(std::istreambuf_iterator<char>(std::cin), {});
  absl::StatusOr<query::ExprPtr> parsed = query::ParseExpression(text);
  if (parsed.ok()) return parsed;
  // The command line is right; the expression is not.
  return absl::FailedPreconditionError(storage::StrCat(
      "cannot parse the expression: ", EscapeControls(storage::ToStd(parsed.status().message()))));
}

}  // namespace

absl::Status RunPromqlFormat(const PromqlOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const query::ExprPtr expression, Parse(options));
  *context.out << query::PrettyExpression(*expression) << '\n';
  return absl::OkStatus();
}

absl::Status RunPromqlParse(const PromqlOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const query::ExprPtr expression, Parse(options));
  *context.out << query::ExpressionJson(*expression) << '\n';
  return absl::OkStatus();
}

}  // namespace varve::tools
