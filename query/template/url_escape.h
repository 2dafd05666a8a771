// url.QueryEscape and QueryUnescape of Go.
//
// Threads:  functions without state.
#ifndef QUERY_TEMPLATE_URL_ESCAPE_H_
#define QUERY_TEMPLATE_URL_ESCAPE_H_

#include <string>
#include <string_view>

namespace varve::query {

std::string EscapeQueryText(std::string_view text);
// False, with the message, for `%` without two hexadecimal digits.
bool UnescapeQueryText(std::string_view text, std::string* plain, std::string* error);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_URL_ESCAPE_H_
