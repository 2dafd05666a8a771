// Label sets as Prometheus's errors name them, and what belongs to a metric's name.
//
// Threads:  functions without state.
#ifndef QUERY_ENGINE_LABEL_TEXT_H_
#define QUERY_ENGINE_LABEL_TEXT_H_

#include <string>
#include <string_view>

#include "storage/model/label_set.h"

namespace varve::query {

// `{__name__="up", job="a"}`: the name stands among the labels.
std::string LabelsText(storage::LabelSetView labels);

// Labels that describe the metric and do not survive an operation that makes another metric of it:
// the name, and the type and unit that OTLP and remote-write 2.0 may add.
bool IsMetricLabel(std::string_view name);
storage::LabelSet WithoutMetricName(storage::LabelSetView labels);

}  // namespace varve::query

#endif  // QUERY_ENGINE_LABEL_TEXT_H_
