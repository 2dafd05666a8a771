// LogLineMutator: makes new log lines of a recorded one: its identifiers, numbers and clock times are
// drawn anew, its words stay, so that a million lines are no more alike than those of a real service.
//
// Threads:  thread-compatible.
// Owns:     its random state.
#ifndef BENCHMARKS_END_TO_END_LOG_LINE_MUTATOR_H_
#define BENCHMARKS_END_TO_END_LOG_LINE_MUTATOR_H_

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace varve::benchmarks {

class LogLineMutator {
 public:
  explicit LogLineMutator(uint64_t seed) : random_(seed) {}

  // Appends a line like `sample`, as it might be written at `timestamp_ns`.
  void Append(std::string_view sample, int64_t timestamp_ns, std::string* out);

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  // `count` random characters of `alphabet`.
  void AppendRandom(size_t count, std::string_view alphabet, std::string* out);

 private:
  void AppendWord(std::string_view word, std::string* out);
  void AppendClock(int64_t timestamp_ns, std::string* out);

  std::mt19937_64 random_;
};

}  // namespace varve::benchmarks

#endif  // BENCHMARKS_END_TO_END_LOG_LINE_MUTATOR_H_
