// Why a regular expression is none, in the words of Go, whose servers people know.
//
// Threads:  functions without state.
// Source:   Go documentation, package regexp/syntax, "ErrorCode".
#ifndef STORAGE_MODEL_REGEX_ERROR_H_
#define STORAGE_MODEL_REGEX_ERROR_H_

#include <string>

namespace re2 {
class RE2;
}

namespace varve::storage {

// "missing closing ): `(a`"; of an expression that failed to compile.
std::string RegexErrorText(const re2::RE2& regex);

}  // namespace varve::storage

#endif  // STORAGE_MODEL_REGEX_ERROR_H_
