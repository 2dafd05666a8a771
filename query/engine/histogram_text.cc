#include "query/engine/histogram_text.h"

#include <vector>

#include "query/engine/histogram_buckets.h"
#include "query/engine/number_format.h"

namespace varve::query {

std::string HistogramText(const storage::Histogram& histogram) {
  std::string text = "{count:";
  AppendGeneralFloat(histogram.count, &text);
  text += ", sum:";
  AppendGeneralFloat(histogram.sum, &text);
  std::vector<BoundedBucket> buckets;
  AppendBuckets(histogram, &buckets, true);
  for (const BoundedBucket& bucket : buckets) {
    if (bucket.count == 0) continue;
    text += bucket.lower_inclusive ? ", [" : ", (";
    AppendGeneralFloat(bucket.lower, &text);
    text += ',';
    AppendGeneralFloat(bucket.upper, &text);
    text += bucket.upper_inclusive ? "]:" : "):";
    AppendGeneralFloat(bucket.count, &text);
  }
  return text + "}";
}

}  // namespace varve::query
