// UTF-8: making bytes that are none harmless.
//
// Threads:  functions without state.
#ifndef QUERY_LOGQL_UTF8_H_
#define QUERY_LOGQL_UTF8_H_

#include <string>
#include <string_view>

namespace varve::query {

// `text` with each byte that is not UTF-8, and each U+FFFD, replaced by a space: label values are
// UTF-8. Returns `text` itself where there is nothing to replace, else a view of `*buffer`.
std::string_view ReplaceInvalidUtf8(std::string_view text, std::string* buffer);

}  // namespace varve::query

#endif  // QUERY_LOGQL_UTF8_H_
