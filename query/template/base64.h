// Base64 as Go's encoding/base64 has it (StdEncoding), with its errors.
//
// Threads:  functions without state.
#ifndef QUERY_TEMPLATE_BASE64_H_
#define QUERY_TEMPLATE_BASE64_H_

#include <string>
#include <string_view>

namespace varve::query {

std::string EncodeBase64(std::string_view bytes);
// Line ends do not count. On false, `*bytes` is what Go's error says.
bool DecodeBase64(std::string_view text, std::string* bytes);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_BASE64_H_
