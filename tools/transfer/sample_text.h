// One line of the OpenMetrics text format, read and written.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT saying what stands where something else is wanted.
// Format:   OpenMetrics 1.0, "Text format", with Prometheus's quoted UTF-8 names; times in seconds.
#ifndef TOOLS_TRANSFER_SAMPLE_TEXT_H_
#define TOOLS_TRANSFER_SAMPLE_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/model/label_set.h"
#include "storage/model/sample.h"

namespace varve::tools {

struct TextSample {
  storage::LabelSet labels;
  double value = 0;
  std::optional<int64_t> timestamp_ms;
};

// `name{label="value"} 1.5 1520879607.789 # {trace_id="x"} 1`; exemplars are not kept. nullopt for
// comments (HELP, TYPE, EOF) and empty lines.
absl::StatusOr<std::optional<TextSample>> ParseSampleText(std::string_view line);

// Appends `name{label="value"} `, in quotes where the name needs them.
void AppendSeriesText(storage::LabelSetView labels, std::string* out);
// Appends `1.5 1520879607.789\n`.
void AppendValueText(const storage::Sample& sample, std::string* out);

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_SAMPLE_TEXT_H_
