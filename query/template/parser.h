// ParseTemplate: the trees of a template and of those it defines.
//
// Source:   the documentation of Go's package text/template.
// Threads:  function without state.
// Errors:   INVALID_ARGUMENT in Go's words: `template: NAME:LINE: function "f" not defined`.
#ifndef QUERY_TEMPLATE_PARSER_H_
#define QUERY_TEMPLATE_PARSER_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "query/template/function_table.h"
#include "query/template/node.h"

namespace varve::query {

// How deep parentheses and blocks may nest: the parser and the evaluator recurse.
inline constexpr int kTemplateDepthMax = 500;

using TemplateTrees = std::map<std::string, TemplateTree, std::less<>>;

// The tree of `text` itself has the name `name`. `functions` outlive the trees.
absl::StatusOr<TemplateTrees> ParseTemplate(std::string_view name, std::string_view text,
                                            const TemplateFunctionTable& functions);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_PARSER_H_
