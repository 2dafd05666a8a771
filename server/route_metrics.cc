#include "server/route_metrics.h"

#include <string>

namespace varve::server {

RouteMetrics::RouteMetrics(const Router* router, MetricsRegistry* metrics)
    : router_(router),
      metrics_(metrics),
      counts_(std::make_unique<Counts[]>(router->routes().size() + 1)) {}

Counter* RouteMetrics::FindCounter(const std::string& handler, int status) const {
  return metrics_->FindCounter("varve_http_requests_total", "HTTP requests answered.",
                               {{"handler", handler}, {"code", std::to_string(status)}});
}

void RouteMetrics::Count(const Route* route, int status, double seconds) {
  const std::vector<Route>& routes = router_->routes();
  Counts& counts =
      counts_[route != nullptr ? static_cast<size_t>(route - routes.data()) : routes.size()];
  const auto handler = [route] { return route != nullptr ? route->pattern : "other"; };

  // Two threads that come first find the same.
  Histogram* histogram = counts.seconds.load(std::memory_order_acquire);
  if (histogram == nullptr) {
    histogram = metrics_->FindHistogram("varve_http_request_duration_seconds",
                                        "Time from a request's last byte to its answer.",
                                        {{"handler", handler()}});
    counts.seconds.store(histogram, std::memory_order_release);
  }
  histogram->Observe(seconds);

  std::atomic<Counter*>* known = status == 200   ? &counts.ok
                                 : status == 204 ? &counts.no_content
                                                 : nullptr;
  Counter* counter = known != nullptr ? known->load(std::memory_order_acquire) : nullptr;
  if (counter == nullptr) {
    counter = FindCounter(handler(), status);
    if (known != nullptr) known->store(counter, std::memory_order_release);
  }
  counter->Add();
}

}  // namespace varve::server
