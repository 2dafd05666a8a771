// body_writer: turns recorded /metrics pages into remote-write bodies, ready to be sent.
//
// `--hosts` targets replicate the node pages; the others fill up to `--series`. All targets are
// scraped every `--interval-ms`, each at its own place in the interval, the last time just now.
// Beside OUT it writes OUT.json: what is in it, for `ingest` and `query`.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "benchmarks/end_to_end/body_file_writer.h"
#include "benchmarks/end_to_end/recorded_pages.h"
#include "benchmarks/end_to_end/replicated_target.h"

namespace varve::benchmarks {
namespace {

struct WriterOptions {
  std::string record = "build/end_to_end/record";
  std::string out = "build/end_to_end/bodies";
  size_t series = 28860;
  size_t samples = 20'404'020;
  size_t hosts = 96;
  double churn_percent = 0;
  int64_t jitter_ms = 0;
  int64_t interval_ms = 15000;
  size_t body_samples = 2000;
  uint64_t seed = 1;
};

// A target's place in the run. With churn, another instance takes its place at `churn_step`.
struct Slot {
  const RecordedPages* pages = nullptr;
  size_t series_count = 0;
  std::string instance;
  int64_t offset_ms = 0;
  size_t churn_step = SIZE_MAX;
};

std::string InstanceName(const std::string& job, size_t number, int port) {
  char digits[48];
  std::snprintf(digits, sizeof(digits), "-%03zu:%d", number, port);
  return job + digits;
}

// The node pages for each host, then the other jobs in turn until there are enough series.
std::vector<Slot> PlanSlots(const std::vector<RecordedPages>& jobs, const WriterOptions& options,
                            std::mt19937_64* random) {
  constexpr int kPorts[] = {9100, 9090, 8428};
  std::vector<Slot> slots;
  size_t left = options.series;
  for (size_t number = 0; left > 0; ++number) {
    const size_t job = number < options.hosts ? 0 : 1 + (number - options.hosts) % 2;
    Slot slot;
    slot.pages = &jobs[job];
    slot.series_count = std::min(left, jobs[job].series.size());
    const size_t of_job = job == 0 ? number : (number - options.hosts) / 2;
    slot.instance = InstanceName(jobs[job].job, of_job, kPorts[job]);
    slot.offset_ms = static_cast<int64_t>((*random)() % static_cast<uint64_t>(options.interval_ms));
    left -= slot.series_count;
    slots.push_back(std::move(slot));
  }
  std::sort(slots.begin(), slots.end(),
            [](const Slot& a, const Slot& b) { return a.offset_ms < b.offset_ms; });
  return slots;
}

int WriteBodies(const WriterOptions& options) {
  std::vector<RecordedPages> jobs;
  for (const char* job : {"node", "prometheus", "victoriametrics"}) {
    std::optional<RecordedPages> pages = ReadRecordedPages(options.record, job);
    if (!pages) {
      std::fprintf(stderr, "cannot read %s/%s: no page, want what `record` stores\n",
                   options.record.c_str(), job);
      return 1;
    }
    std::fprintf(stderr, "%s: %zu pages, %zu series (%zu not on every page)\n", job,
                 pages->page_count, pages->series.size(), pages->series_left_out);
    jobs.push_back(std::move(*pages));
  }
  std::mt19937_64 random(options.seed);
  std::vector<Slot> slots = PlanSlots(jobs, options, &random);
  const size_t steps = std::max<size_t>(1, (options.samples + options.series / 2) / options.series);
  size_t churned = 0;
  std::vector<ReplicatedTarget> targets;
  for (Slot& slot : slots) {
    if (static_cast<double>(random() % 10000) < options.churn_percent * 100) {
      slot.churn_step = 1 + random() % steps;
      churned += slot.churn_step < steps ? slot.series_count : 0;
    }
    targets.emplace_back(slot.pages, slot.series_count, slot.instance, false, random());
  }

  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
  const int64_t first_ms = now_ms - static_cast<int64_t>(steps) * options.interval_ms;
  std::uniform_int_distribution<int64_t> jitter(-options.jitter_ms, options.jitter_ms);
  BodyFileWriter file(options.out, options.body_samples);
  for (size_t step = 0; step < steps; ++step) {
    for (size_t i = 0; i < slots.size(); ++i) {
      const Slot& slot = slots[i];
      if (step == slot.churn_step) {
        const std::string instance = "next-" + slot.instance;
        targets[i] = ReplicatedTarget(slot.pages, slot.series_count, instance, true, random());
      } else if (step > 0) {
        targets[i].Step();
      }
      const int64_t timestamp_ms = first_ms + static_cast<int64_t>(step) * options.interval_ms +
                                   slot.offset_ms + jitter(random);
      for (size_t s = 0; s < targets[i].series_count(); ++s) {
        file.Append(targets[i].label_block(s), targets[i].Value(s), timestamp_ms);
      }
    }
  }
  if (!file.Finish()) {
    std::fprintf(stderr, "cannot write %s\n", options.out.c_str());
    return 1;
  }
  std::ofstream about(options.out + ".json");
  about << "{\"series\":" << options.series + churned << ",\"samples\":" << file.samples()
        << ",\"bodies\":" << file.bodies() << ",\"body_bytes\":" << file.bytes()
        << ",\"hosts\":" << std::min(options.hosts, slots.size()) << ",\"scrapes\":" << steps
        << ",\"counted_metric\":\"node_load1\",\"counted_series\":"
        << std::min(options.hosts, slots.size()) << ",\"interval_ms\":" << options.interval_ms
        << ",\"churn_percent\":" << options.churn_percent << ",\"jitter_ms\":" << options.jitter_ms
        << ",\"first_ms\":" << first_ms << ",\"last_ms\":" << now_ms << "}\n";
  return about.good() ? 0 : 1;
}

}  // namespace
}  // namespace varve::benchmarks

int main(int argc, char** argv) {
  varve::benchmarks::WriterOptions options;
  CLI::App app("Turns recorded /metrics pages into remote-write bodies.");
  app.add_option("--record", options.record, "Folder of the pages.");
  app.add_option("--out", options.out, "File of bodies.");
  app.add_option("--series", options.series, "Series at any one time.");
  app.add_option("--samples", options.samples, "Samples in all, rounded to whole scrapes.");
  app.add_option("--hosts", options.hosts, "Targets that show the node pages.");
  app.add_option("--churn", options.churn_percent, "Percent of targets that are replaced once.");
  app.add_option("--jitter", options.jitter_ms, "Scrapes are early or late by up to this.");
  app.add_option("--interval-ms", options.interval_ms, "Time between scrapes.");
  app.add_option("--body-samples", options.body_samples, "Samples in one body.");
  app.add_option("--seed", options.seed, "Of all choices.");
  CLI11_PARSE(app, argc, argv);
  if (options.series == 0 || options.interval_ms <= 0 || options.body_samples == 0) {
    std::fprintf(stderr, "cannot write bodies: a count is 0, want more\n");
    return 2;
  }
  return varve::benchmarks::WriteBodies(options);
}
