// Values of the test script language: floats and native histograms.
//
//   {{schema:0 sum:5 count:4 z_bucket:1 z_bucket_w:0.001 offset:-1 buckets:[1 2] n_buckets:[1]}}
//   {{schema:-53 sum:5 count:4 custom_values:[5 10] buckets:[1 2 1] counter_reset_hint:gauge}}
//   {{sum:4 count:4 buckets:[4]}}+{{sum:2 count:1 buckets:[1]}}x10
//
// Threads:  functions without state; values.
// Errors:   INVALID_ARGUMENT for what is no histogram.
#ifndef TESTS_QUERY_PROMQL_SCRIPT_VALUE_H_
#define TESTS_QUERY_PROMQL_SCRIPT_VALUE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/model/histogram.h"

namespace varve::tests {

struct ScriptValue {
  double number = 0;
  storage::HistogramPtr histogram;  // in the place of the number
  bool has_hint = false;            // the histogram's reset hint was written down
};

// One per interval; none where nothing was measured.
using ScriptPoints = std::vector<std::optional<ScriptValue>>;

// Takes a histogram, or a sequence of them, from the front of `*text`, which starts with "{{".
absl::Status TakeHistograms(std::string_view* text, ScriptPoints* points);

// As near as the language asks for: 1e-6 of the value; empty buckets do not matter, hints only
// where they were written down.
bool Close(double want, double found);
bool Close(const ScriptValue& want, double number, const storage::HistogramPtr& histogram);
std::string ValueText(double number, const storage::HistogramPtr& histogram);

}  // namespace varve::tests

#endif  // TESTS_QUERY_PROMQL_SCRIPT_VALUE_H_
