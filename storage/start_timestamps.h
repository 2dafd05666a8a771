// Start timestamps: when the counting began that a sample's value is the result of (remote-write
// 2.0). They are stored as samples of a store of their own: same series, same timestamp, the start
// timestamp in milliseconds as the value. A series that keeps its start costs next to nothing.
//
// Threads:  values of one thread.
#ifndef STORAGE_START_TIMESTAMPS_H_
#define STORAGE_START_TIMESTAMPS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "storage/appender.h"
#include "storage/metrics/histogram_head.h"
#include "storage/metrics/metric_head.h"
#include "storage/querier.h"

namespace varve::storage {

// Collects the start timestamps of what a batch of metrics stored, as a batch for their store. It
// borrows the label blocks of that batch.
class StartTimestampBatch {
 public:
  explicit StartTimestampBatch(ParseLabels parse) { batch_.parse = parse; }

  // Of one stored sample or histogram. 0, and what a double cannot hold, is no start timestamp.
  void Add(std::string_view raw_labels, int64_t timestamp_ms, int64_t start_timestamp_ms);
  // Of the float samples that `runs` name.
  void AddSamples(const MetricBatch& batch, const std::vector<AcceptedRun>& runs);
  void AddHistograms(const MetricBatch& batch, const AcceptedHistograms& histograms);

  const MetricBatch& batch() const { return batch_; }

 private:
  MetricBatch batch_;
};

// Fills the start timestamps of `columns`, whose samples and histograms are there, from the samples
// of their store.
void FillStartTimestamps(const SampleColumns& starts, SampleColumns* columns);

}  // namespace varve::storage

#endif  // STORAGE_START_TIMESTAMPS_H_
