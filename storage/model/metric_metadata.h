// MetricMetadata: what a sender says about a metric family.
//
// Threads:  values.
// Owns:     nothing; the texts lie in the request they came with.
#ifndef STORAGE_MODEL_METRIC_METADATA_H_
#define STORAGE_MODEL_METRIC_METADATA_H_

#include <string_view>

namespace varve::storage {

struct MetricMetadata {
  // counter, gauge, histogram, gaugehistogram, summary, info, stateset or unknown
  std::string_view type;
  std::string_view family;
  std::string_view help;
  std::string_view unit;
};

}  // namespace varve::storage

#endif  // STORAGE_MODEL_METRIC_METADATA_H_
