// Regular expressions as Go's package regexp has them: its errors, its replacements, its count of
// matches; the matching is RE2's, which Go's is made after.
//
// Threads:  functions without state; CachedRegex has a cache per thread.
// Errors:   RegexError: the text of the error; empty for none.
#ifndef QUERY_TEMPLATE_GO_REGEX_H_
#define QUERY_TEMPLATE_GO_REGEX_H_

#include <re2/re2.h>

#include <string>
#include <string_view>
#include <vector>

namespace varve::query {

// "error parsing regexp: missing closing ): `(`"; empty where RE2 takes the expression.
std::string RegexError(std::string_view pattern);

// The compiled expression, from a cache that keeps the last few; nullptr where it is wrong. Valid
// until the thread asks for other ones.
const re2::RE2* CachedRegex(std::string_view pattern);

// Regexp.Expand: $1, $name, ${name} and $$ stand for groups; an unknown one is empty.
void AppendExpansion(std::string_view replacement, const re2::RE2& regex,
                     const std::vector<re2::StringPiece>& groups, std::string* out);
// Regexp.ReplaceAllString and ReplaceAllLiteralString.
std::string ReplaceAllMatches(const re2::RE2& regex, std::string_view text,
                              std::string_view replacement, bool literal);
// The number of matches that FindAllString finds.
int64_t CountMatches(const re2::RE2& regex, std::string_view text);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_GO_REGEX_H_
