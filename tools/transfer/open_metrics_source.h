// OpenMetricsSource: the samples of a text in the OpenMetrics format. Lines of one series that
// follow each other are handed on together.
//
// Threads:  one-thread.
// Owns:     the reader.
// Errors:   as SampleSource, with the line's number.
#ifndef TOOLS_TRANSFER_OPEN_METRICS_SOURCE_H_
#define TOOLS_TRANSFER_OPEN_METRICS_SOURCE_H_

#include <memory>
#include <optional>
#include <string>

#include "tools/transfer/line_reader.h"
#include "tools/transfer/sample_source.h"
#include "tools/transfer/sample_text.h"

namespace varve::tools {

class OpenMetricsSource : public SampleSource {
 public:
  // Samples without a time were measured at `now_ms`.
  OpenMetricsSource(std::unique_ptr<LineReader> lines, int64_t now_ms)
      : lines_(std::move(lines)), now_ms_(now_ms) {}

  absl::StatusOr<bool> Next(SeriesSamples* samples) override;
  double progress() const override { return lines_->progress(); }

 private:
  absl::StatusOr<std::optional<TextSample>> ReadSample();

  std::unique_ptr<LineReader> lines_;
  const int64_t now_ms_;
  std::string line_;
  std::optional<TextSample> next_;  // read, but of the series behind
  absl::Status failed_;             // what comes behind the samples that were handed on
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_OPEN_METRICS_SOURCE_H_
