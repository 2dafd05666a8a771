// StreamLines: entries of every kind, made from a seed, stream by stream; and StreamJudge, which
// says whether what came back is what was made.
//
// Threads:  one-thread.
// Owns:     what it made last.
#ifndef TESTS_HTTP_LOG_LINES_STREAM_LINES_H_
#define TESTS_HTTP_LOG_LINES_STREAM_LINES_H_

#include <cstdint>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/text.h"
#include "tests/storage/logs/line_generator.h"
#include "tools/transfer/log_entry.h"

namespace varve::tools {

using storage::StrCat;

constexpr int64_t kDayNs = 86'400'000'000'000;
constexpr size_t kStreams = 16;
constexpr size_t kLongLineBytes = 256 << 10;
constexpr uint64_t kLongLineEach = 20'000;

// The entries of one stream, in the order of time.
class StreamLines {
 public:
  StreamLines(uint64_t seed, size_t stream, uint64_t count, int64_t day)
      : random_(seed * 1000 + stream),
        lines_(seed * 1000 + stream + 500),
        stream_(stream),
        count_(count),
        step_ns_(kDayNs / static_cast<int64_t>(count + 2)),
        time_ns_(day * kDayNs) {}

  bool Next(LogEntry* entry) {
    if (number_ == count_) return false;
    ++number_;
    *entry = LogEntry();
    entry->labels = {{"app", StrCat("app-", stream_)}, {"test", "round-trip \"\\\n\xC3\xA4"}};
    entry->line = Line();
    // Some share a time, but no two equal lines do: those would be one entry that came twice.
    if (random_() % 40 != 0 || lines_now_.contains(entry->line)) {
      time_ns_ += 1 + static_cast<int64_t>(random_() % static_cast<uint64_t>(step_ns_));
      lines_now_.clear();
    }
    lines_now_.insert(entry->line);
    entry->timestamp_ns = time_ns_;
    if (random_() % 8 == 0) {
      entry->metadata = {{"trace_id", std::to_string(random_())},
                         {"user", StrCat("u", random_() % 50)}};
    }
    return true;
  }
  uint64_t number() const { return number_; }

 private:
  std::string Line() {
    if (random_() % kLongLineEach == 0) {
      std::string line(kLongLineBytes, '7');
      if (random_() % 2 == 0) {
        for (char& c : line) c = static_cast<char>(random_());
      }
      return line;
    }
    // Odd streams are those of a service, which templates fit.
    if (stream_ % 2 == 1 && random_() % 50 != 0) {
      return StrCat("level=", random_() % 9 == 0 ? "error" : "info", " ts=2026-11-",
                    10 + random_() % 20, "T10:", 10 + random_() % 50, ":", 10 + random_() % 50,
                    "Z caller=handler.go:", random_() % 900, " ip=10.0.", random_() % 256, ".",
                    random_() % 256, " took=", random_() % 100'000, "us id=", random_());
    }
    return lines_.Next();
  }

  std::mt19937_64 random_;
  storage::LineGenerator lines_;
  const size_t stream_;
  const uint64_t count_;
  const int64_t step_ns_;
  int64_t time_ns_;
  uint64_t number_ = 0;
  std::set<std::string> lines_now_;  // of this time
};

inline std::vector<StreamLines> AllStreams(uint64_t seed, uint64_t count, int64_t day) {
  std::vector<StreamLines> streams;
  for (size_t i = 0; i < kStreams; ++i) streams.emplace_back(seed, i, count / kStreams, day);
  return streams;
}

// Takes entries in any order of the streams, but each stream's in order.
class StreamJudge {
 public:
  StreamJudge(uint64_t seed, uint64_t count, int64_t day)
      : streams_(AllStreams(seed, count, day)) {}

  // False where the entry is not the next one of its stream; error() says why.
  bool Take(const LogEntry& got) {
    ++number_;
    size_t stream = kStreams;
    for (const auto& [name, value] : got.labels) {
      if (name == "app" && value.size() > 4) stream = std::strtoul(value.c_str() + 4, nullptr, 10);
    }
    if (stream >= kStreams) return Fail("an unknown stream");
    if (!streams_[stream].Next(&want_)) return Fail("more than was written");
    if (got != want_) {
      return Fail(StrCat(
          "stream ", stream, ", entry ", streams_[stream].number(), " differs: ", got.timestamp_ns,
          " ", storage::Quote(std::string_view(got.line).substr(0, 200)), ", want ",
          want_.timestamp_ns, " ", storage::Quote(std::string_view(want_.line).substr(0, 200))));
    }
    bytes_ += got.line.size();
    return true;
  }
  // Whether nothing is missing.
  bool Finish() {
    for (StreamLines& stream : streams_) {
      if (stream.Next(&want_)) {
        return Fail(StrCat("entry ", stream.number(), " of a stream is missing"));
      }
    }
    return true;
  }
  const std::string& error() const { return error_; }
  uint64_t number() const { return number_; }
  uint64_t bytes() const { return bytes_; }  // of lines

 private:
  bool Fail(std::string_view what) {
    error_ = StrCat("entry ", number_, ": ", what);
    return false;
  }

  std::vector<StreamLines> streams_;
  LogEntry want_;
  uint64_t number_ = 0;
  uint64_t bytes_ = 0;
  std::string error_;
};

}  // namespace varve::tools

#endif  // TESTS_HTTP_LOG_LINES_STREAM_LINES_H_
