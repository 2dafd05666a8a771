// Dispatcher: takes a request to its route's handler on the right pool, and the answer back.
//
// It also does what is the same for all handlers: 404 and 405, form bodies merged into the
// parameters, OPTIONS and other origins, gzip, 503 when a pool is full, counts and durations by
// route.
//
// Threads:  thread-safe.
// Owns:     the two pools. Stop before the listener is destroyed.
#ifndef SERVER_DISPATCHER_H_
#define SERVER_DISPATCHER_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "server/brief_requests.h"
#include "server/cross_origin.h"
#include "server/http/http_listener.h"
#include "server/http/task_pool.h"
#include "server/logger.h"
#include "server/metrics_registry.h"
#include "server/route_metrics.h"
#include "server/router.h"

namespace varve::server {

struct DispatcherOptions {
  size_t query_threads = 4;
  size_t query_queue_max = 4096;
  size_t write_threads = 16;
  size_t write_queue_max = 256;
  OriginPolicy origins;
};

class Dispatcher {
 public:
  // All three outlive the dispatcher; the router has all its routes.
  Dispatcher(const DispatcherOptions& options, const Router* router, MetricsRegistry* metrics,
             Logger* logger);

  void Handle(HttpRequest request, HttpResponder respond);

  // From now on, routes other than immediate ones are answered; before, they are 503.
  void SetReady() { ready_.store(true); }

  // Runs what is queued, then ends the pools.
  void Stop();

  const TaskPool& query_pool() const { return query_pool_; }
  const TaskPool& write_pool() const { return write_pool_; }

 private:
  struct Job;
  void Run(Job* job);
  // Whether to answer at once, on the I/O thread: the question was brief, and no other one keeps
  // the machine busy.
  bool IsBrief(const Job& job) const;
  void Finish(Job* job, HttpResponse response);

  const Router* router_;
  RouteMetrics route_metrics_;
  Logger* logger_;
  const OriginPolicy origins_;
  std::atomic<bool> ready_{false};
  BriefRequests brief_;
  TaskPool query_pool_;
  TaskPool write_pool_;
};

}  // namespace varve::server

#endif  // SERVER_DISPATCHER_H_
