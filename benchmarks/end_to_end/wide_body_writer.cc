// wide_body_writer: remote-write bodies of a large cluster's pods (pod_fleet.h): many series, few
// samples of each, and one label with as many values as there are pods.
//
// Each node is scraped every `--interval-ms`, at its own place in the interval, the last time just
// now. Beside OUT it writes OUT.json: what is in it, for `ingest` and `query`.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "benchmarks/end_to_end/body_file_writer.h"
#include "benchmarks/end_to_end/pod_fleet.h"

namespace varve::benchmarks {
namespace {

struct WriterOptions {
  std::string out = "build/end_to_end/wide/bodies";
  PodFleetSize size;
  int64_t hours = 2;
  int64_t interval_ms = 60'000;
  size_t body_samples = 2000;
  uint64_t seed = 1;
};

int WriteBodies(const WriterOptions& options) {
  PodFleet fleet(options.size, options.seed);
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
  const int64_t steps = options.hours * 3'600'000 / options.interval_ms;
  const int64_t first_ms = now_ms - steps * options.interval_ms;
  const double interval_s = static_cast<double>(options.interval_ms) / 1000;
  const auto nodes = static_cast<int64_t>(options.size.nodes);
  BodyFileWriter file(options.out, options.body_samples);
  for (int64_t step = 0; step < steps; ++step) {
    const int64_t begin_ms = first_ms + step * options.interval_ms;
    for (const std::string& block : fleet.info_blocks()) file.Append(block, 1, begin_ms);
    for (int64_t node = 0; node < nodes; ++node) {
      const int64_t timestamp_ms = begin_ms + node * options.interval_ms / nodes;
      for (const PodFleet::Point& point : fleet.ScrapeNode(static_cast<size_t>(node), interval_s)) {
        file.Append(*point.label_block, point.value, timestamp_ms);
      }
    }
  }
  if (!file.Finish()) {
    std::fprintf(stderr, "cannot write %s\n", options.out.c_str());
    return 1;
  }
  std::ofstream about(options.out + ".json");
  about << "{\"series\":" << fleet.series_count() << ",\"samples\":" << file.samples()
        << ",\"bodies\":" << file.bodies() << ",\"body_bytes\":" << file.bytes()
        << ",\"hosts\":" << options.size.nodes << ",\"scrapes\":" << steps
        << ",\"counted_metric\":\"kube_node_info\",\"counted_series\":" << options.size.nodes
        << ",\"interval_ms\":" << options.interval_ms
        << ",\"churn_percent\":0,\"jitter_ms\":0,\"first_ms\":" << first_ms
        << ",\"last_ms\":" << now_ms << "}\n";
  return about.good() ? 0 : 1;
}

}  // namespace
}  // namespace varve::benchmarks

int main(int argc, char** argv) {
  varve::benchmarks::WriterOptions options;
  CLI::App app("Remote-write bodies of a large cluster's pods.");
  app.add_option("--out", options.out, "File of bodies.");
  app.add_option("--pods", options.size.pods, "Two series each, and a value of the label pod.");
  app.add_option("--nodes", options.size.nodes, "What the pods are spread over.");
  app.add_option("--namespaces", options.size.namespaces, "What their deployments lie in.");
  app.add_option("--hours", options.hours, "Time they are watched for.");
  app.add_option("--interval-ms", options.interval_ms, "Time between scrapes.");
  app.add_option("--body-samples", options.body_samples, "Samples in one body.");
  app.add_option("--seed", options.seed, "Of all choices.");
  CLI11_PARSE(app, argc, argv);
  if (options.size.nodes == 0 || options.size.namespaces == 0 || options.interval_ms <= 0 ||
      options.hours <= 0 || options.body_samples == 0) {
    std::fprintf(stderr, "cannot write bodies: a count is 0, want more\n");
    return 2;
  }
  return varve::benchmarks::WriteBodies(options);
}
