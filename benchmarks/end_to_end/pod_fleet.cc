#include "benchmarks/end_to_end/pod_fleet.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "benchmarks/end_to_end/body_file_writer.h"

namespace varve::benchmarks {
namespace {

constexpr int64_t kPageBytes = 4096;
constexpr size_t kPodsPerDeployment = 25;
// One in so many scrapes finds a pod restarted: its counter begins at zero.
constexpr uint64_t kScrapesPerRestart = 5'000;

constexpr std::array<std::string_view, 16> kServices = {
    "cart",   "catalog", "checkout", "email",   "frontend", "gateway", "inventory", "ledger",
    "orders", "payment", "pricing",  "profile", "search",   "session", "shipping",  "stock"};
constexpr std::array<std::string_view, 8> kRoles = {"api",   "cache",  "db",    "indexer",
                                                    "proxy", "runner", "queue", "worker"};
constexpr std::array<std::string_view, 12> kTeams = {"apollo", "borealis", "cobalt", "delta",
                                                     "ember",  "falcon",   "garnet", "helix",
                                                     "iris",   "juno",     "krill",  "lumen"};
// The letters and digits that Kubernetes makes names of.
constexpr std::string_view kNameCharacters = "bcdfghjklmnpqrstvwxz2456789";

std::string Numbered(std::string_view name, size_t number, int digits) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%0*zu", digits, number);
  return std::string(name) + "-" + text.data();
}

// `length` characters; different for different numbers below 27^length.
std::string NameOf(uint64_t number, size_t length) {
  std::string name;
  for (size_t i = 0; i < length; ++i) {
    name.push_back(kNameCharacters[number % kNameCharacters.size()]);
    number /= kNameCharacters.size();
  }
  return name;
}

// Spreads numbers so that neighbours look nothing alike; one to one below 27^5.
uint64_t Scatter(uint64_t number) { return number * 7'368'787 % 14'348'907; }

// service-role-<replica set>-<pod>, as Kubernetes names the pods of a deployment.
std::string PodName(size_t deployment, size_t pod) {
  return std::string(kServices[deployment % kServices.size()]) + "-" +
         std::string(kRoles[deployment / kServices.size() % kRoles.size()]) + "-" +
         NameOf(Scatter(deployment + 1) * 27 + deployment % 27, 9) + "-" + NameOf(Scatter(pod), 5);
}

}  // namespace

PodFleet::PodFleet(const PodFleetSize& size, uint64_t seed) : random_(seed), nodes_(size.nodes) {
  const size_t deployments = (size.pods + kPodsPerDeployment - 1) / kPodsPerDeployment;
  pods_.resize(size.pods);
  for (size_t i = 0; i < size.pods; ++i) {
    Pod& pod = pods_[i];
    const size_t deployment = i % deployments;
    const std::string node = Numbered("node", i % nodes_, 4);
    std::vector<std::pair<std::string, std::string>> labels = {
        {"__name__", "container_cpu_usage_seconds_total"},
        {"cluster", "production"},
        {"instance", node + ":10250"},
        {"job", "cadvisor"},
        {"namespace", Numbered("ns", deployment % size.namespaces, 3)},
        {"node", node},
        {"pod", PodName(deployment, i)}};
    pod.cpu_block = MakeLabelBlock(labels);
    labels[0].second = "container_memory_working_set_bytes";
    pod.memory_block = MakeLabelBlock(labels);
    pod.cores = static_cast<double>(1 + random_() % 1500) / 1000;
    pod.used_us = static_cast<int64_t>(random_() % 1'000'000'000'000);
    pod.pages = static_cast<int64_t>(4'000 + random_() % 200'000);
  }
  for (size_t node = 0; node < nodes_; ++node) {
    info_blocks_.push_back(
        MakeLabelBlock({{"__name__", "kube_node_info"},
                        {"instance", "kube-state-metrics:8080"},
                        {"job", "kube-state-metrics"},
                        {"kernel_version", node % 3 == 0 ? "6.1.0-18-amd64" : "6.1.0-21-amd64"},
                        {"node", Numbered("node", node, 4)},
                        {"zone", std::string("zone-") + static_cast<char>('a' + node % 3)}}));
  }
  for (size_t i = 0; i < size.namespaces; ++i) {
    info_blocks_.push_back(MakeLabelBlock({{"__name__", "kube_namespace_labels"},
                                           {"instance", "kube-state-metrics:8080"},
                                           {"job", "kube-state-metrics"},
                                           {"namespace", Numbered("ns", i, 3)},
                                           {"team", std::string(kTeams[i % kTeams.size()])}}));
  }
}

const std::vector<PodFleet::Point>& PodFleet::ScrapeNode(size_t node, double interval_s) {
  page_.clear();
  for (size_t i = node; i < pods_.size(); i += nodes_) {
    Pod& pod = pods_[i];
    const uint64_t dice = random_();
    const double load = static_cast<double>(dice % 1024) / 512;  // 0 to 2 times the average
    pod.used_us += static_cast<int64_t>(pod.cores * load * interval_s * 1e6);
    if ((dice >> 10) % kScrapesPerRestart == 0) pod.used_us = 0;
    if ((dice >> 30) % 3 != 0) {
      const auto change = static_cast<int64_t>((dice >> 32) % 401) - 200;
      pod.pages = std::max<int64_t>(1'000, pod.pages + change);
    }
    page_.push_back({&pod.cpu_block, static_cast<double>(pod.used_us) / 1e6});
    page_.push_back({&pod.memory_block, static_cast<double>(pod.pages * kPageBytes)});
  }
  return page_;
}

}  // namespace varve::benchmarks
