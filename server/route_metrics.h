// RouteMetrics: counts and durations of requests, by route.
//
// A count is found in the registry once. From then on it is added to without a lock: a query's
// thread that is made to wait with the registry in its hands holds up no write.
//
// Threads:  thread-safe.
// Owns:     nothing; the router and the registry outlive it.
#ifndef SERVER_ROUTE_METRICS_H_
#define SERVER_ROUTE_METRICS_H_

#include <atomic>
#include <memory>

#include "server/metrics_registry.h"
#include "server/router.h"

namespace varve::server {

class RouteMetrics {
 public:
  // The router has all its routes.
  RouteMetrics(const Router* router, MetricsRegistry* metrics);

  // `route`: nullptr where there was none.
  void Count(const Route* route, int status, double seconds);

 private:
  // Those of one route; nullptr before the first of its kind, so that only routes in use show.
  struct Counts {
    std::atomic<Histogram*> seconds{nullptr};
    std::atomic<Counter*> ok{nullptr};          // 200
    std::atomic<Counter*> no_content{nullptr};  // 204
  };

  Counter* FindCounter(const std::string& handler, int status) const;

  const Router* router_;
  MetricsRegistry* metrics_;
  std::unique_ptr<Counts[]> counts_;  // of each route, and of none
};

}  // namespace varve::server

#endif  // SERVER_ROUTE_METRICS_H_
