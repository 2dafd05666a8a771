// SampleSource: where samples come from that are moved from one place to another, series by series.
//
// A series may come several times, with samples of different times.
//
// Threads:  one-thread.
// Owns:     a source its files; SeriesSamples all its bytes.
// Errors:   Next: INVALID_ARGUMENT for text or bytes that cannot be read, with their place;
//           DATA_LOSS for damage; those of the file system or of the server behind it.
#ifndef TOOLS_TRANSFER_SAMPLE_SOURCE_H_
#define TOOLS_TRANSFER_SAMPLE_SOURCE_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/appender.h"
#include "storage/model/label_set.h"
#include "storage/model/sample.h"

namespace varve::tools {

// Samples of one series in the order of their times, floats and histograms apart.
struct SeriesSamples {
  storage::LabelSet labels;
  std::vector<storage::Sample> floats;
  std::vector<storage::HistogramSample> histograms;

  size_t size() const { return floats.size() + histograms.size(); }
  void Clear() {
    labels = {};
    floats.clear();
    histograms.clear();
  }
};

class SampleSource {
 public:
  virtual ~SampleSource() = default;

  // Replaces *samples by the next ones; false at the end. The same input gives the same sequence.
  virtual absl::StatusOr<bool> Next(SeriesSamples* samples) = 0;

  // How much of it was read, from 0 to 1; negative where that is not known.
  virtual double progress() const = 0;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_SAMPLE_SOURCE_H_
