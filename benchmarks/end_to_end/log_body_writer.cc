// log_body_writer: writes push requests of log lines (snappy, protobuf) into a file that body_sender
// sends, and prints as JSON what is in it.
//
// Four sets: `mixed` (the lines of --samples, varied), `words` (random words, the worst case for
// templates), `json` (services that log JSON), `traces` (short lines, each with a trace_id of its own
// as structured metadata).

#include <snappy.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/end_to_end/body_file.h"
#include "benchmarks/end_to_end/log_line_mutator.h"
#include "benchmarks/end_to_end/protobuf_writer.h"

namespace varve::benchmarks {
namespace {

constexpr int64_t kNsPerS = 1'000'000'000;
constexpr std::string_view kHex = "0123456789abcdef";

struct WriterOptions {
  std::string set = "mixed";
  std::string samples;
  std::string out = "log-bodies";
  size_t lines = 4'000'000;
  size_t streams = 128;
  size_t lines_per_body = 2'000;
  size_t hours = 3;
  uint64_t seed = 1;
};

struct System {
  std::string name;
  std::vector<std::string> lines;
};

std::vector<System> ReadSamples(const std::string& folder) {
  std::vector<System> systems;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".log") continue;
    System system{entry.path().stem().string(), {}};
    std::transform(system.name.begin(), system.name.end(), system.name.begin(), ::tolower);
    std::ifstream file(entry.path(), std::ios::binary);
    for (std::string line; std::getline(file, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      system.lines.push_back(line);
    }
    systems.push_back(std::move(system));
  }
  std::sort(systems.begin(), systems.end(),
            [](const System& a, const System& b) { return a.name < b.name; });
  return systems;
}

class LineSource {
 public:
  explicit LineSource(const WriterOptions& options) : options_(options), mutator_(options.seed) {
    if (options.set == "mixed") systems_ = ReadSamples(options.samples);
    for (size_t i = 0; i < 20'000; ++i) {
      words_.emplace_back();
      mutator_.AppendRandom(3 + mutator_.Below(8), "abcdefghijklmnopqrstuvwxyz", &words_.back());
    }
    for (size_t i = 0; i < options.streams; ++i) next_.push_back(mutator_.Below(2'000));
  }

  std::string Labels(size_t stream) const {
    const std::string system =
        systems_.empty() ? options_.set : systems_[stream % systems_.size()].name;
    return "{cluster=\"c0\", host=\"host-" + std::to_string(stream) + "\", system=\"" + system +
           "\"}";
  }

  std::string Line(size_t stream, int64_t timestamp_ns) {
    std::string line;
    if (options_.set == "words") {
      for (size_t i = 0; i < 18; ++i) {
        if (i > 0) line.push_back(' ');
        line.append(words_[mutator_.Below(words_.size())]);
      }
    } else if (options_.set == "json") {
      AppendJson(timestamp_ns, &line);
    } else if (options_.set == "traces") {
      line = "handled request of route " + std::to_string(mutator_.Below(20));
    } else {
      const System& system = systems_[stream % systems_.size()];
      // One line in 20 comes from elsewhere in the file: streams do not run in step.
      if (mutator_.Below(20) == 0) next_[stream] = mutator_.Below(system.lines.size());
      const std::string& sample = system.lines[next_[stream]++ % system.lines.size()];
      mutator_.Append(sample, timestamp_ns, &line);
    }
    return line;
  }

  std::string TraceId() {
    std::string id;
    mutator_.AppendRandom(32, kHex, &id);
    return id;
  }
  uint64_t Below(uint64_t bound) { return mutator_.Below(bound); }

 private:
  void AppendJson(int64_t timestamp_ns, std::string* line) {
    static constexpr std::string_view kLevels[] = {"info", "info", "info", "info", "warn", "error"};
    static constexpr std::string_view kMethods[] = {"GET", "GET", "GET", "POST", "PUT", "DELETE"};
    static constexpr std::string_view kPaths[] = {"/api/v1/users/",   "/api/v1/orders/",
                                                  "/api/v1/carts/",   "/static/img/",
                                                  "/api/v2/catalog/", "/healthz/"};
    static constexpr int kStatus[] = {200, 200, 200, 201, 204, 404, 500, 503};
    std::string trace;
    mutator_.AppendRandom(32, kHex, &trace);
    char text[512];
    const int64_t s = timestamp_ns / kNsPerS % 86'400;
    std::snprintf(
        text, sizeof(text),
        R"({"time":"2026-08-21T%02d:%02d:%02d.%03dZ","level":"%s","msg":"request handled",)"
        R"("method":"%s","path":"%s%d","status":%d,"duration_ms":%.3f,"bytes":%d,)"
        R"("user":"%s","trace_id":"%s"})",
        static_cast<int>(s / 3600), static_cast<int>(s / 60 % 60), static_cast<int>(s % 60),
        static_cast<int>(timestamp_ns / 1'000'000 % 1000), kLevels[Below(6)].data(),
        kMethods[Below(6)].data(), kPaths[Below(6)].data(), static_cast<int>(Below(50'000)),
        kStatus[Below(8)], static_cast<double>(Below(2'000'000)) / 1000.0,
        static_cast<int>(Below(100'000)), words_[Below(2'000)].c_str(), trace.c_str());
    line->append(text);
  }

  const WriterOptions& options_;
  LogLineMutator mutator_;
  std::vector<System> systems_;
  std::vector<std::string> words_;
  std::vector<size_t> next_;
};

class BodyWriter {
 public:
  BodyWriter(const WriterOptions& options, std::FILE* file)
      : options_(options), file_(file), source_(options) {}

  void Run() {
    const int64_t now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
    const auto range_ns = static_cast<int64_t>(options_.hours) * 3600 * kNsPerS;
    first_ns_ = now_ns - range_ns;
    // A body has the lines of some streams: those of one shipper.
    const size_t shipper_streams = std::min<size_t>(8, options_.streams);
    const size_t per_stream = options_.lines_per_body / shipper_streams;
    const size_t rounds =
        std::max<size_t>(1, options_.lines / (per_stream * options_.streams));
    for (size_t round = 0; round < rounds; ++round) {
      for (size_t first = 0; first < options_.streams; first += shipper_streams) {
        std::string request;
        uint32_t lines = 0;
        for (size_t stream = first; stream < std::min(first + shipper_streams, options_.streams);
             ++stream) {
          AppendStream(stream, round, rounds, per_stream, range_ns, &request);
          lines += static_cast<uint32_t>(per_stream);
        }
        WriteBody(request, lines);
      }
    }
    std::printf("{\"set\": \"%s\", \"lines\": %zu, \"raw_bytes\": %zu, \"bodies\": %zu, "
                "\"body_bytes\": %zu, \"streams\": %zu, \"first_ns\": %lld, \"last_ns\": %lld, "
                "\"sample_trace_id\": \"%s\"}\n",
                options_.set.c_str(), lines_, raw_bytes_, bodies_, body_bytes_, options_.streams,
                static_cast<long long>(first_ns_), static_cast<long long>(now_ns),
                sample_trace_id_.c_str());
  }

 private:
  void AppendStream(size_t stream, size_t round, size_t rounds, size_t count, int64_t range_ns,
                    std::string* request) {
    std::string message;
    AppendBytesField(1, source_.Labels(stream), &message);
    const int64_t slot_ns = range_ns / static_cast<int64_t>(rounds * count);
    for (size_t i = 0; i < count; ++i) {
      const int64_t timestamp_ns =
          first_ns_ + static_cast<int64_t>(round * count + i) * slot_ns +
          static_cast<int64_t>(source_.Below(static_cast<uint64_t>(slot_ns)));
      std::string time;
      AppendTag(1, 0, &time);
      AppendVarint(static_cast<uint64_t>(timestamp_ns / kNsPerS), &time);
      AppendTag(2, 0, &time);
      AppendVarint(static_cast<uint64_t>(timestamp_ns % kNsPerS), &time);
      const std::string line = source_.Line(stream, timestamp_ns);
      std::string entry;
      AppendBytesField(1, time, &entry);
      AppendBytesField(2, line, &entry);
      if (options_.set == "traces") {
        std::string pair;
        AppendBytesField(1, "trace_id", &pair);
        const std::string id = source_.TraceId();
        if (lines_ == options_.lines / 2) sample_trace_id_ = id;
        AppendBytesField(2, id, &pair);
        AppendBytesField(3, pair, &entry);
      }
      AppendBytesField(2, entry, &message);
      ++lines_;
      raw_bytes_ += line.size();
    }
    AppendBytesField(1, message, request);
  }

  void WriteBody(const std::string& request, uint32_t lines) {
    std::string body;
    snappy::Compress(request.data(), request.size(), &body);
    const BodyHeader header{static_cast<uint32_t>(body.size()), lines};
    std::fwrite(&header, sizeof(header), 1, file_);
    std::fwrite(body.data(), 1, body.size(), file_);
    ++bodies_;
    body_bytes_ += body.size();
  }

  const WriterOptions& options_;
  std::FILE* file_;
  LineSource source_;
  int64_t first_ns_ = 0;
  size_t lines_ = 0;
  size_t raw_bytes_ = 0;
  size_t bodies_ = 0;
  size_t body_bytes_ = 0;
  std::string sample_trace_id_;
};

int Main(int argc, char** argv) {
  WriterOptions options;
  CLI::App app("Writes push requests of log lines.");
  app.add_option("--set", options.set)
      ->check(CLI::IsMember(std::vector<std::string>{"mixed", "words", "json", "traces"}));
  app.add_option("--samples", options.samples, "folder of *.log files, for the mixed set");
  app.add_option("--out", options.out);
  app.add_option("--lines", options.lines);
  app.add_option("--streams", options.streams)->check(CLI::PositiveNumber);
  app.add_option("--hours", options.hours)->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed);
  CLI11_PARSE(app, argc, argv);
  std::FILE* const file = std::fopen(options.out.c_str(), "wb");
  if (file == nullptr) {
    std::fprintf(stderr, "cannot write %s\n", options.out.c_str());
    return 1;
  }
  BodyWriter(options, file).Run();
  return std::fclose(file) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace varve::benchmarks

int main(int argc, char** argv) { return varve::benchmarks::Main(argc, argv); }
