#include "server/unmatched_request.h"

#include <utility>
#include <vector>

#include "server/cross_origin.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::StrCat;

// Whether a byte may stand in a path and in an attribute of HTML as it is.
bool IsPlain(char c) {
  constexpr std::string_view kMarks = "-._~!$()*+,;=:@%/";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(c) != std::string_view::npos;
}

void AppendEscaped(std::string_view text, std::string_view also_plain, std::string* out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (IsPlain(c) || also_plain.find(c) != std::string_view::npos) {
      out->push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      *out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
}

HttpResponse Redirect(const HttpRequest& request, int status, std::string location) {
  if (!request.query_text.empty()) {
    location.push_back('?');
    AppendEscaped(request.query_text, "&?[]{}|^`'", &location);
  }
  HttpResponse response;
  response.status = status;
  if (request.method == "GET" || request.method == "HEAD") {
    response.content_type = "text/html; charset=utf-8";
  }
  if (request.method == "GET") {
    std::string text;
    for (const char c : location) {
      if (c == '&') {
        text += "&amp;";
      } else if (c == '\'') {
        text += "&#39;";
      } else {
        text.push_back(c);
      }
    }
    response.body = StrCat("<a href=\"", text, "\">", StatusText(status), "</a>.\n\n");
  }
  response.headers.emplace_back("Location", std::move(location));
  return response;
}

}  // namespace

std::string CleanPath(std::string_view path) {
  std::vector<std::string_view> segments;
  bool ends_in_slash = true;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    ends_in_slash = slash < path.size();
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string clean;
  for (const std::string_view segment : segments) {
    clean.push_back('/');
    AppendEscaped(segment, {}, &clean);
  }
  if (ends_in_slash || segments.empty()) clean.push_back('/');
  return clean;
}

HttpResponse AnswerUnmatched(const Router& router, const HttpRequest& request,
                             const Router::Match& match) {
  const std::string_view path = request.path;
  if (std::string clean = CleanPath(path); clean != path && path.starts_with('/')) {
    const bool has_odd_segments = path.find("//") != path.npos || path.find("/.") != path.npos;
    if (has_odd_segments) return Redirect(request, 301, std::move(clean));
  }
  const bool is_options = request.method == "OPTIONS";
  if (is_options && IsApiPath(path)) {
    HttpResponse response;
    response.status = 204;
    return response;
  }
  if (!match.allow.empty()) {
    HttpResponse response =
        is_options ? HttpResponse{} : PlainTextResponse(405, "Method Not Allowed\n");
    response.headers.emplace_back("Allow", match.allow);
    return response;
  }
  if (path.size() > 1 && path.ends_with('/') && !IsApiPath(path) &&
      router.Find(request.method, path.substr(0, path.size() - 1)).route != nullptr) {
    return Redirect(request, request.method == "GET" ? 301 : 308,
                    std::string(path.substr(0, path.size() - 1)));
  }
  return PlainTextResponse(404, "404 page not found\n");
}

}  // namespace varve::server
