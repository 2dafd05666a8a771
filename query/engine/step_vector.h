// StepVector: the value of an expression at every step of a query at once, as columns.
//
// An instant query is a range query of one step. Operators work on whole columns, series by series,
// and never reorder the floating-point operations within one step of one series.
//
// Threads:  values; one thread at a time.
// Errors:   FAILED_PRECONDITION for label sets that occur twice, in Prometheus's words.
#ifndef QUERY_ENGINE_STEP_VECTOR_H_
#define QUERY_ENGINE_STEP_VECTOR_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "storage/model/histogram.h"
#include "storage/model/label_set.h"

namespace varve::query {

// The steps of a query: start, start + step, ... up to and including end.
struct StepGrid {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 1;  // > 0; of no meaning where start == end

  size_t count() const {
    return start_ms > end_ms ? 0 : static_cast<size_t>((end_ms - start_ms) / step_ms) + 1;
  }
  int64_t time_ms(size_t step) const { return start_ms + static_cast<int64_t>(step) * step_ms; }
};

// One series of a StepVector. There is a point where present[s] is 1: the native histogram where
// histograms[s] is one, else the float values[s]. The columns have one element per step of the
// grid; `histograms` has none in a series of floats alone, which are most.
struct StepSeries {
  storage::LabelSet labels;
  std::vector<double> values;
  std::vector<uint8_t> present;
  std::vector<storage::HistogramPtr> histograms;
  bool drops_name = false;  // the name is to go when the query ends (name_removal.h)

  StepSeries() = default;
  StepSeries(storage::LabelSet set, size_t steps)
      : labels(std::move(set)), values(steps), present(steps) {}
  // REQUIRES: there is no histogram at the step.
  void Set(size_t step, double value) {
    values[step] = value;
    present[step] = 1;
  }
  void SetHistogram(size_t step, storage::HistogramPtr histogram) {
    if (histograms.empty()) histograms.resize(present.size());
    histograms[step] = std::move(histogram);
    present[step] = 1;
  }
  // Makes the point at `step` the one of another series.
  void CopyPoint(size_t step, const StepSeries& from) {
    Set(step, from.values[step]);
    if (!from.histograms.empty() || !histograms.empty()) SetHistogram(step, from.point(step));
  }
  // The histogram at `step`, or nullptr.
  storage::HistogramPtr point(size_t step) const {
    return histograms.empty() ? nullptr : histograms[step];
  }
  bool is_float(size_t step) const { return histograms.empty() || histograms[step] == nullptr; }
  bool has_any() const;  // whether any step is present
};

// Series in a fixed order. A series without any present step may stay until the result is made.
using StepVector = std::vector<StepSeries>;

// "vector cannot contain metrics with the same labelset", FAILED_PRECONDITION.
absl::Status DuplicateLabelsError();
// Series that got the same labels become one, in the place of the first; an error where two of them
// have the same step. What an operator does that worked step by step.
absl::Status MergeSameLabels(StepVector* vector);
// An error where two series with points have the same labels, whether or not their steps meet.
absl::Status CheckDistinctLabels(const StepVector& vector);
void DropEmptySeries(StepVector* vector);
// Takes the histograms out of a vector; whether there were any.
bool DropHistograms(StepVector* vector);
bool HasHistograms(const StepVector& vector);

}  // namespace varve::query

#endif  // QUERY_ENGINE_STEP_VECTOR_H_
