// Functions that change or order series by their labels.
//
// Threads:  functions without state.
// Errors:   FAILED_PRECONDITION, in Prometheus's words, for a bad label name, a bad expression or
//           label sets that become equal.
#ifndef QUERY_ENGINE_LABEL_FUNCTIONS_H_
#define QUERY_ENGINE_LABEL_FUNCTIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "query/engine/step_vector.h"

namespace varve::query {

// Whether the name can be one of a label: UTF-8 and not empty.
bool IsLabelName(std::string_view name);

struct LabelReplacement {
  std::string target;
  std::string replacement;  // with $1, ${1}, $name
  std::string source;
  std::string regex;  // anchored at both ends; `.` matches a newline
};
absl::Status LabelReplace(const LabelReplacement& replacement, StepVector* vector);

absl::Status LabelJoin(const std::string& target, const std::string& separator,
                       const std::vector<std::string>& sources, StepVector* vector);

// Less as people order names: "b2" before "b10".
bool NaturalLess(std::string_view a, std::string_view b);
// By the labels in turn, then by the whole label set.
void SortByLabels(const std::vector<std::string>& labels, bool descending, StepVector* vector);
// By the value of the only step; NaN last, histograms not at all.
void SortByValue(bool descending, StepVector* vector);

}  // namespace varve::query

#endif  // QUERY_ENGINE_LABEL_FUNCTIONS_H_
