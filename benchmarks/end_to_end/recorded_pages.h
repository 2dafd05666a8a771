// RecordedPages: the /metrics pages of one job, as `record` stored them, turned into columns: for
// each series its value on every page.
//
// Only series that every page has are kept, and those that came soon after the first. Values whose
// decimal text fits are kept as integers at the series' finest power of ten, so that sums of their
// differences are again short decimals, as an exporter would have printed them; the others are kept
// as doubles.
//
// Threads:  thread-compatible.
// Owns:     all its texts and values.
// Errors:   ReadRecordedPages returns nullopt where the folder has no page.
#ifndef BENCHMARKS_END_TO_END_RECORDED_PAGES_H_
#define BENCHMARKS_END_TO_END_RECORDED_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace varve::benchmarks {

struct RecordedSeries {
  // Sorted by name, __name__ among them.
  std::vector<std::pair<std::string, std::string>> labels;
  // Never falls on these pages, and is a counter by its type or by its name.
  bool counter = false;
  // Values are `scaled[page] / 10^decimals` where `exact`, else `values[page]`.
  bool exact = false;
  int decimals = 0;
  std::vector<int64_t> scaled;
  std::vector<double> values;
};

struct RecordedPages {
  std::string job;
  size_t page_count = 0;
  size_t series_left_out = 0;
  std::vector<RecordedSeries> series;
};

std::optional<RecordedPages> ReadRecordedPages(const std::string& folder, const std::string& job);

}  // namespace varve::benchmarks

#endif  // BENCHMARKS_END_TO_END_RECORDED_PAGES_H_
