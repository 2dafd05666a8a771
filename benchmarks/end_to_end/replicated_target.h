// ReplicatedTarget: one scraped target made of a job's recorded pages under an instance label of
// its own. Each scrape moves one page forward or backward (it turns round at random and at the
// ends): gauges show that page, counters grow by what they grew between the two pages, times the
// target's own small factor. So deltas are recorded ones, series of one target stay consistent with
// each other (histogram buckets too), integers stay integers, and targets differ from each other.
//
// Threads:  one-thread.
// Owns:     its counters; the pages outlive it.
#ifndef BENCHMARKS_END_TO_END_REPLICATED_TARGET_H_
#define BENCHMARKS_END_TO_END_REPLICATED_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "benchmarks/end_to_end/recorded_pages.h"

namespace varve::benchmarks {

class ReplicatedTarget {
 public:
  // Takes the first `series_count` series of `pages`. A `fresh` target has just begun: its counters
  // start at zero.
  ReplicatedTarget(const RecordedPages* pages, size_t series_count, const std::string& instance,
                   bool fresh, uint64_t seed);

  // Moves on by one scrape.
  void Step();

  size_t series_count() const { return label_blocks_.size(); }
  // The series' labels as the fields of a remote-write TimeSeries.
  const std::string& label_block(size_t series) const { return label_blocks_[series]; }
  double Value(size_t series) const;

 private:
  const RecordedPages* pages_;
  std::mt19937_64 random_;
  int64_t factor_;
  size_t page_;
  bool forward_ = true;
  std::vector<std::string> label_blocks_;
  // Of counters only: at the series' power of ten where exact.
  std::vector<int64_t> scaled_;
  std::vector<double> values_;
};

}  // namespace varve::benchmarks

#endif  // BENCHMARKS_END_TO_END_REPLICATED_TARGET_H_
