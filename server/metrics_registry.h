// MetricsRegistry: the server's own counters and histograms, and the page that shows them.
//
// A counter is an atomic that is found once and then only added to. What other parts count
// themselves is gathered by collectors when the page is read.
//
// Threads:  thread-safe.
// Owns:     its counters and histograms; pointers stay valid as long as the registry.
// Format:   Prometheus text exposition 0.0.4.
#ifndef SERVER_METRICS_REGISTRY_H_
#define SERVER_METRICS_REGISTRY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/model/mutex.h"

namespace varve::server {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void Add(uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Durations in seconds, in fixed buckets.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void Observe(double seconds);

  const std::vector<double>& bounds() const { return bounds_; }
  uint64_t bucket(size_t index) const { return buckets_[index].load(); }
  double sum_seconds() const { return static_cast<double>(sum_ns_.load()) / 1e9; }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> buckets_;  // one more than bounds: +Inf
  std::atomic<uint64_t> sum_ns_{0};
};

struct MetricSample {
  std::string suffix;  // "_bucket", "_sum" and "_count" of histograms
  MetricLabels labels;
  double value = 0;
};

// The metrics of one name.
struct MetricFamily {
  std::string name;
  std::string type;  // "counter", "gauge" or "histogram"
  std::string help;
  std::vector<MetricSample> samples;
};
std::string RenderExposition(const std::vector<MetricFamily>& families);

// Takes down families. Samples follow their Family.
class ExpositionWriter {
 public:
  void Family(std::string_view name, std::string_view type, std::string_view help);
  void Sample(double value, const MetricLabels& labels = {}, std::string_view suffix = {});
  // A family of one sample without labels.
  void Single(std::string_view name, std::string_view type, std::string_view help, double value);

  std::vector<MetricFamily> Take() { return std::move(families_); }

 private:
  std::vector<MetricFamily> families_;
};

class MetricsRegistry {
 public:
  // The same name and labels give the same counter. `help` counts when the name is new.
  Counter* FindCounter(const std::string& name, std::string_view help,
                       const MetricLabels& labels = {});
  Histogram* FindHistogram(const std::string& name, std::string_view help,
                           const MetricLabels& labels = {});
  // Under a second name, too, a family is shown, for dashboards that were made for other servers.
  void AddAlias(const std::string& name, const std::string& alias);
  void AddCollector(std::function<void(ExpositionWriter*)> collector);

  std::vector<MetricFamily> Gather() const;
  std::string Render() const { return RenderExposition(Gather()); }

 private:
  template <typename Metric>
  struct FamilyOf {
    std::string help;
    std::map<MetricLabels, std::unique_ptr<Metric>> metrics;
  };

  // The counters and histograms.
  void AddOwn(ExpositionWriter* writer) const;

  mutable storage::Mutex mutex_;
  std::map<std::string, FamilyOf<Counter>> counters_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, FamilyOf<Histogram>> histograms_ ABSL_GUARDED_BY(mutex_);
  std::multimap<std::string, std::string> aliases_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::function<void(ExpositionWriter*)>> collectors_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace varve::server

#endif  // SERVER_METRICS_REGISTRY_H_
