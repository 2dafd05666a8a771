// The functions over time that depend on the order of values: extremes and quantiles. Windows slide
// to the right only, so what is known of one window is carried over to the next.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "query/engine/quantile.h"
#include "query/engine/rollup.h"

namespace varve::query {
namespace {

// Calls found(step, position) with the position of each window's extreme value: the first of equal
// ones, or the last where `latest`. Of NaNs alone it is the first (the last).
//
// `queue` holds the positions that can still become the extreme, best first: each position that
// comes in removes those before it that it beats.
template <typename Better, typename Found>
void EachExtreme(const RollupInput& input, bool latest, Better better, Found found) {
  const double* const values = input.values.data();
  std::vector<uint32_t>& queue = input.scratch->positions;
  queue.clear();
  size_t head = 0;
  uint32_t next = 0;
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t first = input.windows.first[s];
    const uint32_t last = input.windows.last[s];
    if (first >= last) continue;
    if (next < first) {
      next = first;
      queue.clear();
      head = 0;
    }
    for (; next < last; ++next) {
      if (std::isnan(values[next])) continue;
      while (queue.size() > head && (better(values[next], values[queue.back()]) ||
                                     (latest && values[next] == values[queue.back()]))) {
        queue.pop_back();
      }
      queue.push_back(next);
    }
    while (head < queue.size() && queue[head] < first) ++head;
    found(s, head < queue.size() ? queue[head] : latest ? last - 1 : first);
  }
}

template <typename Better>
void Extreme(const RollupInput& input, Better better, StepSeries* out) {
  EachExtreme(input, false, better,
              [&](size_t step, uint32_t position) { out->Set(step, input.values[position]); });
}

template <typename Better>
void TimestampOfExtreme(const RollupInput& input, Better better, StepSeries* out) {
  EachExtreme(input, true, better, [&](size_t step, uint32_t position) {
    out->Set(step, static_cast<double>(input.timestamps_ms[position]) / 1000);
  });
}

// The values of the current window in order; moves on by taking out what left and putting in what
// came, which is cheaper than sorting anew as long as windows overlap.
class SlidingOrder {
 public:
  SlidingOrder(std::span<const double> values, std::vector<double>* sorted)
      : values_(values), sorted_(*sorted) {
    sorted_.clear();
  }

  std::span<const double> Move(uint32_t first, uint32_t last) {
    const uint32_t moved = (first - first_) + (last - last_);
    if (first >= last_ || moved > (last - first) / 2) {
      sorted_.assign(values_.begin() + first, values_.begin() + last);
      std::sort(sorted_.begin(), sorted_.end(), LessNanFirst);
    } else {
      for (uint32_t i = first_; i < first; ++i) {
        sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), values_[i], LessNanFirst));
      }
      for (uint32_t i = last_; i < last; ++i) {
        sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), values_[i], LessNanFirst),
                       values_[i]);
      }
    }
    first_ = first;
    last_ = last;
    return sorted_;
  }

 private:
  std::span<const double> values_;
  std::vector<double>& sorted_;
  uint32_t first_ = 0;
  uint32_t last_ = 0;
};

}  // namespace

void RollupMin(const RollupInput& input, StepSeries* out) {
  Extreme(input, std::less<double>(), out);
}
void RollupMax(const RollupInput& input, StepSeries* out) {
  Extreme(input, std::greater<double>(), out);
}
void RollupTimestampOfMin(const RollupInput& input, StepSeries* out) {
  TimestampOfExtreme(input, std::less<double>(), out);
}
void RollupTimestampOfMax(const RollupInput& input, StepSeries* out) {
  TimestampOfExtreme(input, std::greater<double>(), out);
}

void RollupQuantile(const RollupInput& input, StepSeries* out) {
  SlidingOrder order(input.values, &input.scratch->values);
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t first = input.windows.first[s];
    const uint32_t last = input.windows.last[s];
    if (first >= last) continue;
    out->Set(s, QuantileOfSorted(input.parameter[s], order.Move(first, last)));
  }
}

void RollupMad(const RollupInput& input, StepSeries* out) {
  std::vector<double>& values = input.scratch->values;
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t first = input.windows.first[s];
    const uint32_t last = input.windows.last[s];
    if (first >= last) continue;
    values.assign(input.values.begin() + first, input.values.begin() + last);
    if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); })) {
      out->Set(s, std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const double median = Quantile(0.5, values);
    for (double& value : values) value = std::abs(value - median);
    out->Set(s, Quantile(0.5, values));
  }
}

}  // namespace varve::query
