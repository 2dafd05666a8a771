// PodFleet: the series that the agents of a large cluster show of its pods: for each pod the CPU
// time it has used (a counter, in microseconds) and its working set (a gauge, in pages of memory),
// and one series each that says of what kind a node is and whose a namespace is.
//
// One label, `pod`, has a value for each pod; they are spread over nodes and namespaces. A node's
// pods are shown together, on the page of its agent.
//
// Threads:  one-thread.
// Owns:     its labels and its counters.
#ifndef BENCHMARKS_END_TO_END_POD_FLEET_H_
#define BENCHMARKS_END_TO_END_POD_FLEET_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace varve::benchmarks {

struct PodFleetSize {
  size_t pods = 100'000;
  size_t nodes = 1'000;
  size_t namespaces = 200;
};

class PodFleet {
 public:
  PodFleet(const PodFleetSize& size, uint64_t seed);

  // One series of a page.
  struct Point {
    const std::string* label_block;
    double value;
  };
  // Moves the pods of `node` on by a scrape and shows them. Valid until the next call.
  const std::vector<Point>& ScrapeNode(size_t node, double interval_s);
  // What is known of nodes and namespaces.
  const std::vector<std::string>& info_blocks() const { return info_blocks_; }

  size_t series_count() const { return 2 * pods_.size() + info_blocks_.size(); }

 private:
  struct Pod {
    std::string cpu_block;
    std::string memory_block;
    double cores = 0;  // that it uses on average
    int64_t used_us = 0;
    int64_t pages = 0;
  };

  std::mt19937_64 random_;
  size_t nodes_;
  std::vector<Pod> pods_;  // pod i is on node i % nodes_
  std::vector<std::string> info_blocks_;
  std::vector<Point> page_;
};

}  // namespace varve::benchmarks

#endif  // BENCHMARKS_END_TO_END_POD_FLEET_H_
