// ParseTemplateNumber: `42`, `0x1F`, `1e3`, `'x'`, `2i`, `1+2i` as Go's templates read them.
//
// Threads:  functions without state.
// Errors:   false, with Go's message.
#ifndef QUERY_TEMPLATE_NUMBER_LITERAL_H_
#define QUERY_TEMPLATE_NUMBER_LITERAL_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "query/template/node.h"
#include "query/template/token.h"

namespace varve::query {

bool ParseTemplateNumber(std::string_view text, TemplateTokenType type, TemplateNumber* number,
                         std::string* error);

// strconv.ParseFloat(text, 64), underscores between digits included.
bool ParseGoFloat(std::string_view text, double* value);
// strconv.ParseInt(text, 0, 64): prefixes 0x, 0o, 0b and 0, and underscores between digits.
bool ParsePrefixedInt(std::string_view text, int64_t* value);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_NUMBER_LITERAL_H_
