#include "server/cross_origin.h"

#include <utility>

#include "storage/status_macros.h"

namespace varve::server {

absl::StatusOr<OriginPolicy> OriginPolicy::Parse(std::string_view expression) {
  OriginPolicy policy;
  if (expression.empty()) return policy;
  VARVE_ASSIGN_OR_RETURN(
      policy.allowed_, storage::Matcher::Create(storage::MatchType::kRegex, "origin", expression));
  return policy;
}

void OriginPolicy::AddHeaders(const HttpRequest& request, HttpResponse* response) const {
  auto& headers = response->headers;
  headers.emplace_back("Vary", "Origin");
  const std::string_view origin = request.Header("origin");
  if (origin.empty() || !allowed_) return;
  headers.emplace_back("Access-Control-Allow-Headers",
                       "Accept, Authorization, Content-Type, Origin");
  headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  headers.emplace_back("Access-Control-Expose-Headers", "Date");
  if (allowed_->Matches(origin)) {
    headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
  }
}

bool IsApiPath(std::string_view path) {
  return path.starts_with("/api/v1/") || path.starts_with("/loki/api/");
}

}  // namespace varve::server
