// ParseLabelText: a label set as text, `{app="api", env='x'}`, the way Loki's protobuf push and its
// legacy JSON body carry stream labels. Values are quoted as in Go: "..." with escapes or `...`.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT saying what was found where.
#ifndef INGEST_LABEL_TEXT_H_
#define INGEST_LABEL_TEXT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace varve::ingest {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

absl::Status ParseLabelText(std::string_view text, LabelPairs* labels);

}  // namespace varve::ingest

#endif  // INGEST_LABEL_TEXT_H_
