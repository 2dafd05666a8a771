#include "query/engine/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace varve::query {
namespace {

// What needs no look at the values: nothing to look at, or a share outside [0, 1].
bool IsTrivial(double share, size_t count, double* value) {
  if (count == 0 || std::isnan(share)) {
    *value = std::numeric_limits<double>::quiet_NaN();
  } else if (share < 0) {
    *value = -std::numeric_limits<double>::infinity();
  } else if (share > 1) {
    *value = std::numeric_limits<double>::infinity();
  } else {
    return false;
  }
  return true;
}

struct Rank {
  size_t lower;
  size_t upper;
  double weight;  // of upper

  Rank(double share, size_t count) {
    const double n = static_cast<double>(count);
    const double rank = share * (n - 1);
    const double floor = std::max(0.0, std::floor(rank));
    lower = static_cast<size_t>(floor);
    upper = static_cast<size_t>(std::min(n - 1, floor + 1));
    weight = rank - std::floor(rank);
  }
};

// So many values Go's sort leaves in their order where they are equal, as 0 and -0 are: of more
// than these nobody says which of the two zeros is the quantile.
constexpr size_t kInOrderMax = 12;

void SortInOrder(std::span<double> values) {
  for (auto next = values.begin(); next != values.end(); ++next) {
    std::rotate(std::upper_bound(values.begin(), next, *next, LessNanFirst), next, next + 1);
  }
}

}  // namespace

bool LessNanFirst(double a, double b) {
  if (std::isnan(a)) return !std::isnan(b);
  return a < b;
}

double Quantile(double share, std::span<double> values) {
  double trivial;
  if (IsTrivial(share, values.size(), &trivial)) return trivial;
  if (values.size() <= kInOrderMax) {
    SortInOrder(values);
    return QuantileOfSorted(share, values);
  }
  const Rank rank(share, values.size());
  const auto lower = values.begin() + static_cast<ptrdiff_t>(rank.lower);
  std::nth_element(values.begin(), lower, values.end(), LessNanFirst);
  double upper_value = *lower;
  if (rank.upper != rank.lower) {
    upper_value = *std::min_element(lower + 1, values.end(), LessNanFirst);
  }
  return *lower * (1 - rank.weight) + upper_value * rank.weight;
}

double QuantileOfSorted(double share, std::span<const double> sorted) {
  double trivial;
  if (IsTrivial(share, sorted.size(), &trivial)) return trivial;
  const Rank rank(share, sorted.size());
  return sorted[rank.lower] * (1 - rank.weight) + sorted[rank.upper] * rank.weight;
}

}  // namespace varve::query
