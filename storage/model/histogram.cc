#include "storage/model/histogram.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "storage/model/text.h"

namespace varve::storage {
namespace {

absl::Status Invalid(std::string_view what) { return absl::InvalidArgumentError(ToAbsl(what)); }

constexpr double kExactIntegerMax = 9007199254740992;  // 2^53

std::string Number(double value) {
  if (std::abs(value) <= kExactIntegerMax && value == std::floor(value)) {
    return StrCat(static_cast<int64_t>(value));
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  return std::string(text, end);
}

std::string Fixed(double value) {
  char text[400];
  return std::string(text, static_cast<size_t>(std::snprintf(text, sizeof(text), "%f", value)));
}

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

bool SameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return SameBits(x, y); });
}

std::string NegativeOffsetText(size_t number, int32_t offset) {
  return StrCat("span number ", number, " with offset ", offset,
                ": histogram has a span whose offset is negative");
}

// `side` begins the message.
absl::Status CheckSpans(std::string_view side, std::span<const HistogramSpan> spans,
                        size_t buckets) {
  uint64_t span_buckets = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i > 0 && spans[i].offset < 0) {
      return Invalid(StrCat(side, NegativeOffsetText(i + 1, spans[i].offset)));
    }
    span_buckets += spans[i].length;
  }
  if (span_buckets != buckets) {
    return Invalid(StrCat(side, "spans need ", span_buckets, " buckets, have ", buckets,
                          " buckets: histogram spans specify different number of buckets than "
                          "provided"));
  }
  return absl::OkStatus();
}

// Adds the counts to *sum.
absl::Status CheckCounts(std::string_view side, std::span<const double> counts, double* sum) {
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0) {
      return Invalid(StrCat(side, "bucket number ", i + 1, " has observation count of ",
                            Number(counts[i]),
                            ": histogram has a bucket whose observation count is negative"));
    }
    *sum += counts[i];
  }
  return absl::OkStatus();
}

absl::Status CheckCustomBounds(const Histogram& histogram) {
  const std::vector<double>& bounds = histogram.custom_values;
  for (size_t i = 0; i < bounds.size(); ++i) {
    if (std::isnan(bounds[i])) {
      return Invalid("custom buckets: histogram custom bounds must not be NaN");
    }
    if (i > 0 && bounds[i] <= bounds[i - 1]) {
      return Invalid(StrCat("custom buckets: previous bound is ", Fixed(bounds[i - 1]),
                            " and current is ", Fixed(bounds[i]),
                            ": histogram custom bounds must be in strictly increasing order"));
    }
  }
  if (!bounds.empty() && bounds.back() == std::numeric_limits<double>::infinity()) {
    return Invalid(
        "custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds "
        "must be finite");
  }
  uint64_t covered = 0;
  for (size_t i = 0; i < histogram.positive_spans.size(); ++i) {
    const HistogramSpan& span = histogram.positive_spans[i];
    if (span.offset < 0) {
      return Invalid(StrCat("custom buckets: ", NegativeOffsetText(i + 1, span.offset)));
    }
    covered += static_cast<uint64_t>(span.offset) + span.length;
  }
  if (absl::Status status = CheckSpans("custom buckets: ", histogram.positive_spans,
                                       histogram.positive_counts.size());
      !status.ok()) {
    return status;
  }
  if (bounds.size() + 1 < covered) {
    return Invalid(StrCat("custom buckets: only ", bounds.size(),
                          " custom bounds defined which is insufficient to cover total span "
                          "length of ",
                          covered, ": histogram custom bounds are too few"));
  }
  if (histogram.zero_count != 0) return Invalid("custom buckets: must have zero count of 0");
  if (histogram.zero_threshold != 0) {
    return Invalid("custom buckets: must have zero threshold of 0");
  }
  if (!histogram.negative_spans.empty()) {
    return Invalid("custom buckets: must not have negative spans");
  }
  if (!histogram.negative_counts.empty()) {
    return Invalid("custom buckets: must not have negative buckets");
  }
  return absl::OkStatus();
}

// Indexes of buckets are computed in 32 bits by everyone who reads them.
absl::Status CheckIndexes(std::string_view side, std::span<const HistogramSpan> spans) {
  int64_t index = 0;
  for (const HistogramSpan& span : spans) {
    index += int64_t{span.offset} + span.length;
    if (index > std::numeric_limits<int32_t>::max()) {
      return Invalid(StrCat(side, "the bucket with index ", index, " is out of range"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSize(const Histogram& histogram) {
  const size_t size = std::max({histogram.positive_counts.size() + histogram.negative_counts.size(),
                                histogram.positive_spans.size() + histogram.negative_spans.size(),
                                histogram.custom_values.size()});
  if (size <= kHistogramBucketsMax) return absl::OkStatus();
  return Invalid(StrCat("histogram has ", size, " buckets, spans or custom bounds, want at most ",
                        kHistogramBucketsMax));
}

void ReduceSide(int shift, std::vector<HistogramSpan>* spans, std::vector<double>* counts) {
  std::vector<HistogramSpan> reduced_spans;
  std::vector<double> reduced_counts;
  int64_t index = 0;
  int64_t last = 0;  // index of the last reduced bucket
  size_t bucket = 0;
  for (const HistogramSpan& span : *spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i, ++index, ++bucket) {
      const int64_t target = ((index - 1) >> std::min(shift, 62)) + 1;
      if (!reduced_counts.empty() && target == last) {
        reduced_counts.back() += (*counts)[bucket];
        continue;
      }
      if (!reduced_counts.empty() && target == last + 1) {
        ++reduced_spans.back().length;
      } else {
        const int64_t offset = reduced_counts.empty() ? target : target - last - 1;
        reduced_spans.push_back({static_cast<int32_t>(offset), 1});
      }
      reduced_counts.push_back((*counts)[bucket]);
      last = target;
    }
  }
  *spans = std::move(reduced_spans);
  *counts = std::move(reduced_counts);
}

}  // namespace

absl::Status ValidateHistogram(const Histogram& histogram) {
  const auto& [hint, is_float, schema, zero_threshold, zero_count, count, sum, positive_spans,
               negative_spans, positive_counts, negative_counts, custom_values] = histogram;
  absl::Status status = CheckSize(histogram);
  double in_buckets = zero_count;
  if (!status.ok()) return status;
  if (histogram.uses_custom_buckets()) {
    status = CheckCustomBounds(histogram);
  } else if (schema < kExponentialSchemaMin || schema > kReducibleSchemaMax) {
    return Invalid(StrCat("histogram has an invalid schema, which must be between ",
                          kExponentialSchemaMin, " and ", kExponentialSchemaMax,
                          " for exponential buckets, or ", kCustomBucketsSchema,
                          " for custom buckets, got schema ", schema));
  } else {
    status = CheckSpans("positive side: ", positive_spans, positive_counts.size());
    if (status.ok()) status = CheckSpans("negative side: ", negative_spans, negative_counts.size());
    if (status.ok()) status = CheckCounts("negative side: ", negative_counts, &in_buckets);
    if (status.ok() && !custom_values.empty()) {
      status = Invalid("histogram with exponential schema must not have custom bounds");
    }
  }
  if (status.ok()) status = CheckCounts("positive side: ", positive_counts, &in_buckets);
  if (status.ok()) status = CheckIndexes("positive side: ", positive_spans);
  if (status.ok()) status = CheckIndexes("negative side: ", negative_spans);
  // Sums of floats round; so do those of integers that doubles do not hold exactly.
  if (!status.ok() || is_float || !(count <= kExactIntegerMax)) return status;

  // Observations of NaN are in the count and the sum, and in no bucket.
  const bool saw_nan = std::isnan(sum);
  if (saw_nan ? in_buckets <= count : in_buckets == count) return absl::OkStatus();
  return Invalid(StrCat(
      Number(in_buckets), " observations found in buckets, but the Count field is ", Number(count),
      saw_nan ? ": histogram's observation count should be at least the number of observations "
                "found in the buckets"
              : ": histogram's observation count should equal the number of observations found in "
                "the buckets (in absence of NaN)"));
}

bool SameLayout(const Histogram& a, const Histogram& b) {
  return a.is_float == b.is_float && a.schema == b.schema &&
         SameBits(a.zero_threshold, b.zero_threshold) && a.positive_spans == b.positive_spans &&
         a.negative_spans == b.negative_spans && SameBits(a.custom_values, b.custom_values);
}

bool SameHistogram(const Histogram& a, const Histogram& b) {
  return a.reset_hint == b.reset_hint && SameLayout(a, b) && SameBits(a.zero_count, b.zero_count) &&
         SameBits(a.count, b.count) && SameBits(a.sum, b.sum) &&
         SameBits(a.positive_counts, b.positive_counts) &&
         SameBits(a.negative_counts, b.negative_counts);
}

void ReduceResolution(int32_t schema, Histogram* histogram) {
  if (histogram->schema <= schema) return;
  const int shift = histogram->schema - schema;
  ReduceSide(shift, &histogram->positive_spans, &histogram->positive_counts);
  ReduceSide(shift, &histogram->negative_spans, &histogram->negative_counts);
  histogram->schema = schema;
}

}  // namespace varve::storage
