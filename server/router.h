// Router: from method and path to the handler of a route.
//
// A pattern is a path whose segments are literals or `{name}`, which takes one whole segment,
// percent-decoded. Literals win over parameters.
//
// Threads:  immutable once all routes are added.
#ifndef SERVER_ROUTER_H_
#define SERVER_ROUTER_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/http_message.h"

namespace varve::server {

// Where a handler runs. Queries and writes have pools of their own, so that neither starves the
// other; what answers from memory at once stays on the I/O thread and works even under full load.
// kState does, too, and before the server is ready; it takes longer than an I/O thread has, and is
// on the writes' pool.
enum class RouteClass { kImmediate, kState, kQuery, kWrite };

using RouteHandler = std::function<void(const HttpRequest& request, HttpResponse* response)>;

struct Route {
  // GET includes HEAD, except on the paths of Prometheus, which takes it for probes only.
  std::vector<std::string> methods;
  std::string pattern;
  RouteClass route_class = RouteClass::kQuery;
  RouteHandler handler;
  // Of kQuery: it answers from memory and by its own thread alone, so that a question that was
  // brief the last time may be answered on the I/O thread (brief_requests.h).
  bool may_be_brief = false;
  // It only says no, in Prometheus's words, and is not described.
  bool refuses = false;
};

class Router {
 public:
  void Add(Route route);

  struct Match {
    const Route* route = nullptr;  // nullptr: not found, or the method is not one of `allow`
    std::vector<std::string> parameters;
    std::string allow;  // for 405: the methods this path has, and OPTIONS; in their order
  };
  // `path` as it was sent. A path that does not decode matches nothing.
  Match Find(std::string_view method, std::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Compiled {
    std::vector<std::string> segments;  // "{" for a parameter
    size_t route;
  };
  std::vector<Route> routes_;
  std::vector<Compiled> compiled_;
};

}  // namespace varve::server

#endif  // SERVER_ROUTER_H_
