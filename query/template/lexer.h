// LexTemplate: the tokens of a template.
//
// Threads:  function without state.
// Errors:   a last token of type kError, with Go's message: what stands before it is parsed first,
//           and may be wrong earlier.
#ifndef QUERY_TEMPLATE_LEXER_H_
#define QUERY_TEMPLATE_LEXER_H_

#include <string>
#include <string_view>
#include <vector>

#include "query/template/token.h"

namespace varve::query {

struct TemplateTokens {
  std::vector<TemplateToken> tokens;  // the last is kEnd or kError
  std::string error;                  // the text of the kError token
};

// `text` must outlive the tokens.
TemplateTokens LexTemplate(std::string_view text);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_LEXER_H_
