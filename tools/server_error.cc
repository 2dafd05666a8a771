#include "tools/server_error.h"

#include <simdjson.h>

#include <string>

#include "storage/model/text.h"
#include "tools/terminal_text.h"

namespace varve::tools {
namespace {

using storage::StrCat;

// A page of HTML that some proxy sent does not help anybody beyond its beginning.
constexpr size_t kErrorTextBytesMax = 4096;

absl::StatusCode CodeOf(int http_status) {
  switch (http_status) {
    case 404:
      return absl::StatusCode::kNotFound;
    case 429:
    case 503:
      return absl::StatusCode::kUnavailable;
    case 504:
      return absl::StatusCode::kDeadlineExceeded;
    default:
      return http_status >= 400 && http_status < 500 ? absl::StatusCode::kFailedPrecondition
                                                     : absl::StatusCode::kInternal;
  }
}

// The error in a JSON body; empty where there is none.
std::string JsonErrorText(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(simdjson::padded_string(body)).get(object) != simdjson::SUCCESS) return {};
  std::string_view type;
  std::string_view text;
  if (object["error"].get(text) == simdjson::SUCCESS) {
    if (object["errorType"].get(type) == simdjson::SUCCESS) return StrCat(type, ": ", text);
    return std::string(text);
  }
  if (object["message"].get(text) == simdjson::SUCCESS) return std::string(text);
  return {};
}

}  // namespace

absl::Status ServerError(std::string_view url, int http_status, std::string_view reason,
                         std::string_view body) {
  std::string text = JsonErrorText(body);
  if (text.empty()) {
    while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) body.remove_suffix(1);
    text = StrCat(http_status, " ", reason, body.empty() ? "" : ": ",
                  body.substr(0, kErrorTextBytesMax));
  }
  const std::string message = StrCat("cannot query ", url, ": ", EscapeControls(text));
  return absl::Status(CodeOf(http_status), message);
}

}  // namespace varve::tools
