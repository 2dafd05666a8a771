// Samples as lines of JSON, without loss:
//
//   {"metric":{"__name__":"up","job":"x"},"values":[1,0.5,"NaN"],"timestamps":[1000,2000,3000]}
//
// Times are Unix milliseconds. Floats that JSON has no number for are texts: "+Inf", "-Inf", "NaN"
// (Go's), "StaleNaN" (the end of a series) and "NaN:7ff0000000000003" (its bits). Native histograms
// stand in "histograms", objects with a "timestamp" each; bucket counts are absolute.
//
// Threads:  functions without state; a source belongs to one thread.
// Errors:   INVALID_ARGUMENT naming what is wrong; a source adds the line's number.
#ifndef TOOLS_TRANSFER_SAMPLE_JSON_H_
#define TOOLS_TRANSFER_SAMPLE_JSON_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tools/transfer/line_reader.h"
#include "tools/transfer/sample_source.h"

namespace varve::tools {

// Appends one line with its end.
void AppendSampleJson(const SeriesSamples& samples, std::string* out);
absl::Status ParseSampleJson(std::string_view line, SeriesSamples* samples);

class JsonLinesSource : public SampleSource {
 public:
  explicit JsonLinesSource(std::unique_ptr<LineReader> lines) : lines_(std::move(lines)) {}

  absl::StatusOr<bool> Next(SeriesSamples* samples) override;
  double progress() const override { return lines_->progress(); }

 private:
  std::unique_ptr<LineReader> lines_;
  std::string line_;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_SAMPLE_JSON_H_
