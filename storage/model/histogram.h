// Histogram: a native histogram, one value of a series that holds a whole distribution.
//
// Buckets are sparse: spans say where runs of buckets lie, counts hold their populations. With an
// exponential schema s (-4 to 8) bucket i covers (b^(i-1), b^i] with b = 2^(2^-s); its negative
// twin the mirror image; the zero bucket [-zero_threshold, zero_threshold]. With kCustomBuckets the
// bounds are `custom_values`, there is no zero and no negative bucket.
//
// Counts are doubles whatever the sender used: exact for integers up to 2^53, and what a query
// computes with anyway. `is_float` remembers the sender's kind.
//
// Threads:  values.
// Errors:   INVALID_ARGUMENT in Prometheus's words.
// Source:   Prometheus documentation, "Native Histograms" specification.
#ifndef STORAGE_MODEL_HISTOGRAM_H_
#define STORAGE_MODEL_HISTOGRAM_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"

namespace varve::storage {

inline constexpr int32_t kExponentialSchemaMin = -4;
inline constexpr int32_t kExponentialSchemaMax = 8;
inline constexpr int32_t kCustomBucketsSchema = -53;
// Schemas up to this one exist, but are stored with the resolution of kExponentialSchemaMax.
inline constexpr int32_t kReducibleSchemaMax = 52;
// Buckets, spans and custom bounds of one histogram; senders keep to hundreds.
inline constexpr size_t kHistogramBucketsMax = 8192;

// A run of buckets: `offset` empty ones since the last run's end (for the first run: the index of
// its first bucket), then `length` buckets that have counts.
struct HistogramSpan {
  int32_t offset = 0;
  uint32_t length = 0;

  friend bool operator==(const HistogramSpan&, const HistogramSpan&) = default;
};

// What the sender knows of a counter's reset; the numbers are those of remote-write.
enum class CounterResetHint : uint8_t { kUnknown = 0, kReset = 1, kNotReset = 2, kGauge = 3 };

struct Histogram {
  CounterResetHint reset_hint = CounterResetHint::kUnknown;
  bool is_float = false;
  int32_t schema = 0;
  double zero_threshold = 0;
  double zero_count = 0;
  double count = 0;
  double sum = 0;  // the stale marker's bits say that the series ended
  std::vector<HistogramSpan> positive_spans;
  std::vector<HistogramSpan> negative_spans;
  std::vector<double> positive_counts;  // absolute, one per bucket of the spans
  std::vector<double> negative_counts;
  std::vector<double> custom_values;  // strictly increasing upper bounds, without +Inf

  bool uses_custom_buckets() const { return schema == kCustomBucketsSchema; }
};

// Decoded histograms are shared: a query hands the same one to many steps.
using HistogramPtr = std::shared_ptr<const Histogram>;

// Whether spans, buckets and counts agree with each other and with the schema, and there are no
// more of them than kHistogramBucketsMax.
absl::Status ValidateHistogram(const Histogram& histogram);

// Bucket layouts: schema, zero threshold, spans and bounds. Equality is of bits, so that NaNs and
// zeros of either sign compare as they are stored.
bool SameLayout(const Histogram& a, const Histogram& b);
// Everything is equal, to the bit.
bool SameHistogram(const Histogram& a, const Histogram& b);

// Merges buckets until the histogram has the coarser `schema`. REQUIRES: a valid histogram but for
// its schema, which is exponential and not smaller than `schema`.
void ReduceResolution(int32_t schema, Histogram* histogram);

}  // namespace varve::storage

#endif  // STORAGE_MODEL_HISTOGRAM_H_
