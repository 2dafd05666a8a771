#include "server/router.h"

#include <algorithm>
#include <set>
#include <utility>

namespace varve::server {
namespace {

constexpr std::string_view kParameter = "{";

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> segments;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (true) {
    const size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool GetIncludesHead(std::string_view pattern) {
  return !pattern.starts_with("/api/v1/") && !pattern.starts_with("/-/") &&
         pattern != "/federate" && pattern != "/metrics";
}

bool HasMethod(const Route& route, std::string_view method) {
  const auto has = [&route](std::string_view wanted) {
    return std::find(route.methods.begin(), route.methods.end(), wanted) != route.methods.end();
  };
  return has(method) || (method == "HEAD" && GetIncludesHead(route.pattern) && has("GET"));
}

void AddAllowed(const Route& route, std::set<std::string>* allowed) {
  allowed->insert("OPTIONS");
  for (const std::string& method : route.methods) {
    allowed->insert(method);
    if (method == "GET" && GetIncludesHead(route.pattern)) allowed->insert("HEAD");
  }
}

}  // namespace

void Router::Add(Route route) {
  Compiled compiled;
  for (const std::string_view segment : Split(route.pattern)) {
    compiled.segments.emplace_back(segment.starts_with('{') ? kParameter : segment);
  }
  compiled.route = routes_.size();
  routes_.push_back(std::move(route));
  const bool literal = std::find(compiled.segments.begin(), compiled.segments.end(), kParameter) ==
                       compiled.segments.end();
  compiled_.insert(literal ? compiled_.begin() : compiled_.end(), std::move(compiled));
}

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  std::vector<std::string> decoded;
  for (const std::string_view segment : Split(path)) {
    absl::StatusOr<std::string> text = DecodePercent(segment, false);
    if (!text.ok()) return match;
    decoded.push_back(*std::move(text));
  }
  std::set<std::string> allowed;
  for (const Compiled& compiled : compiled_) {
    if (compiled.segments.size() != decoded.size()) continue;
    bool same = true;
    std::vector<std::string> parameters;
    for (size_t i = 0; i < decoded.size() && same; ++i) {
      if (compiled.segments[i] == kParameter) {
        same = !decoded[i].empty();
        parameters.push_back(decoded[i]);
      } else {
        same = compiled.segments[i] == decoded[i];
      }
    }
    if (!same) continue;
    const Route& route = routes_[compiled.route];
    if (HasMethod(route, method)) {
      match.route = &route;
      match.parameters = std::move(parameters);
      return match;
    }
    AddAllowed(route, &allowed);
  }
  for (const std::string& name : allowed) match.allow += (match.allow.empty() ? "" : ", ") + name;
  return match;
}

}  // namespace varve::server
