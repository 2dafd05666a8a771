#include "query/engine/histogram_trim.h"

#include <cmath>
#include <limits>

#include "query/engine/go_math.h"
#include "query/engine/histogram_sum.h"

namespace varve::query {
namespace {

using storage::Histogram;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

enum class BucketKind { kExponential, kZero, kCustom };

struct Bounds {
  double lower;
  double upper;
};

// What stays of a bucket, and where its observations lie on average.
struct Rest {
  double count = 0;
  double middle = 0;
};

double Middle(BucketKind kind, Bounds bounds) {
  if (kind == BucketKind::kExponential) {
    return std::copysign(std::sqrt(bounds.lower * bounds.upper), bounds.upper);
  }
  if (std::isinf(bounds.lower) && std::isinf(bounds.upper)) return 0;
  // Of an endless bucket only one bound is known, and perhaps zero.
  if (bounds.lower == -kInfinity) return bounds.upper > 0 ? bounds.upper / 2 : bounds.upper;
  if (bounds.upper == kInfinity) return bounds.lower;
  return (bounds.lower + bounds.upper) / 2;
}

// The share of a bucket below `edge`, which lies inside.
double ShareBelow(BucketKind kind, Bounds bounds, double edge) {
  if (kind != BucketKind::kExponential) {
    return (edge - bounds.lower) / (bounds.upper - bounds.lower);
  }
  const double lower = GoLog2(std::abs(bounds.lower));
  const double upper = GoLog2(std::abs(bounds.upper));
  return (GoLog2(std::abs(edge)) - lower) / (upper - lower);
}

// Of a bucket that `edge` lies in.
Rest Divide(BucketKind kind, Bounds bounds, double count, double edge, KeepSide side) {
  const bool below = side == KeepSide::kBelow;
  if (bounds.upper == kInfinity) {
    // Nothing is known of how far up it reaches: it goes, or stays with the edge as its bound.
    if (below || bounds.lower == -kInfinity) return {};
    return {count, edge};
  }
  if (bounds.lower == -kInfinity) {
    if (bounds.upper <= 0) return below ? Rest{count, edge} : Rest{};
    if (edge < 0 || (below && edge == 0)) return {};
    bounds.lower = 0;
  }
  const double share = ShareBelow(kind, bounds, edge);
  if (below) return {count * share, Middle(kind, {bounds.lower, edge})};
  return {count * (1 - share), Middle(kind, {edge, bounds.upper})};
}

Rest Trim(BucketKind kind, Bounds bounds, double count, double edge, KeepSide side) {
  const bool below = side == KeepSide::kBelow;
  // The last bucket goes with any edge but +Inf, and the other way round.
  const bool whole = below ? bounds.upper <= edge : bounds.lower >= edge;
  if (whole) return {count, Middle(kind, bounds)};
  const bool nothing = below ? !(bounds.lower < edge) : !(bounds.upper > edge);
  if (nothing) return {};
  return Divide(kind, bounds, count, edge, side);
}

class Trimmer {
 public:
  Trimmer(const Histogram& histogram, double edge, KeepSide side)
      : open_(histogram), edge_(edge), side_(side) {}

  Histogram Run() {
    if (open_.uses_custom_buckets()) {
      TrimColumn(&open_.positive, BucketKind::kCustom, false);
    } else {
      const bool positive = open_.positive.size() > 0;
      const bool negative = open_.negative.size() > 0;
      TrimColumn(&open_.positive, BucketKind::kExponential, false);
      TrimColumn(&open_.negative, BucketKind::kExponential, true);
      // The zero bucket lies on the side on which the other buckets are.
      const double zero = open_.zero_threshold;
      TrimCell(BucketKind::kZero,
               {positive && !negative ? 0 : -zero, negative && !positive ? 0 : zero},
               &open_.zero_count);
    }
    if (trimmed_) {
      open_.count = count_;
      open_.sum = sum_;
      open_.DropEmptyBuckets();
    }
    return open_.Close();
  }

 private:
  void TrimCell(BucketKind kind, Bounds bounds, double* count) {
    if (*count == 0) return;
    const Rest rest = Trim(kind, bounds, *count, edge_, side_);
    trimmed_ = trimmed_ || rest.count != *count;
    *count = rest.count;
    if (rest.count == 0) return;
    count_ += rest.count;
    sum_ += rest.count * rest.middle;
  }

  void TrimColumn(BucketColumn* column, BucketKind kind, bool negative) {
    for (size_t i = 0; i < column->size(); ++i) {
      const int32_t index = column->indices[i];
      Bounds bounds{};
      if (kind == BucketKind::kCustom) {
        bounds = {CustomBound(open_.custom_values, int64_t{index} - 1),
                  CustomBound(open_.custom_values, index)};
      } else {
        bounds = {ExponentialBound(open_.schema, int64_t{index} - 1),
                  ExponentialBound(open_.schema, index)};
        if (negative) bounds = {-bounds.upper, -bounds.lower};
      }
      TrimCell(kind, bounds, &column->counts[i]);
    }
  }

  OpenHistogram open_;
  const double edge_;
  const KeepSide side_;
  bool trimmed_ = false;
  double count_ = 0;
  double sum_ = 0;
};

}  // namespace

Histogram TrimHistogram(const Histogram& histogram, double edge, KeepSide side) {
  return Trimmer(histogram, edge, side).Run();
}

}  // namespace varve::query
