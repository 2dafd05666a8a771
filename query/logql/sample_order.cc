#include "query/logql/sample_order.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace varve::query {
namespace {

bool IsEarlier(const LogSample& a, const LogSample& b) { return a.timestamp_ns < b.timestamp_ns; }

// Where the runs begin that are in order already, and the end.
std::vector<size_t> RunsOf(const std::vector<LogSample>& samples) {
  std::vector<size_t> borders(1, 0);
  for (size_t i = 1; i < samples.size(); ++i) {
    if (IsEarlier(samples[i], samples[i - 1])) borders.push_back(i);
  }
  borders.push_back(samples.size());
  return borders;
}

}  // namespace

void SortByTime(std::vector<LogSample>* samples) {
  std::vector<size_t> borders = RunsOf(*samples);
  std::vector<LogSample> merged;
  // Neighbours are merged, so that each round halves the number of runs.
  while (borders.size() > 2) {
    merged.resize(samples->size());
    std::vector<size_t> fewer(1, 0);
    for (size_t i = 0; i + 1 < borders.size(); i += 2) {
      const auto at = [&](size_t border) {
        return samples->begin() + static_cast<std::ptrdiff_t>(borders[border]);
      };
      const size_t last = std::min(i + 2, borders.size() - 1);
      std::merge(at(i), at(i + 1), at(i + 1), at(last),
                 merged.begin() + static_cast<std::ptrdiff_t>(borders[i]), IsEarlier);
      fewer.push_back(borders[last]);
    }
    std::swap(*samples, merged);
    borders = std::move(fewer);
  }
}

}  // namespace varve::query
