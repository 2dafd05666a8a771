// MemoryQuerier: a storage::Querier over series that a test put into memory.
//
// Threads:  reads may run at once; Add belongs to one thread.
// Owns:     the series; selections share them.
#ifndef TESTS_SUPPORT_MEMORY_QUERIER_H_
#define TESTS_SUPPORT_MEMORY_QUERIER_H_

#include <map>
#include <memory>
#include <vector>

#include "storage/querier.h"

namespace varve::tests {

class MemoryQuerier : public storage::Querier {
 public:
  struct HistogramSample {
    int64_t timestamp_ms = 0;
    storage::HistogramPtr histogram;
  };

  // Adds samples to a series; of two at the same time the later one stays. Histograms get the reset
  // hints that a time series database of chunks remembers.
  void Add(const storage::LabelSet& labels, const std::vector<storage::Sample>& samples,
           const std::vector<HistogramSample>& histograms = {});
  // A sample of the series at that time has, or will have, this start timestamp.
  void SetStartTimestamp(const storage::LabelSet& labels, int64_t time_ms, int64_t start_ms) {
    start_timestamps_ms_[labels][time_ms] = start_ms;
  }
  void Clear() {
    series_.clear();
    start_timestamps_ms_.clear();
  }

  absl::StatusOr<std::unique_ptr<storage::MetricSelection>> SelectMetrics(
      const std::vector<storage::Matcher>& matchers, storage::TimeRange range_ms) const override;
  absl::StatusOr<std::unique_ptr<storage::LogSelection>> SelectLogs(
      const std::vector<storage::Matcher>& matchers, storage::TimeRange range_ns) const override;
  absl::StatusOr<std::vector<std::string>> MetricLabelNames(
      const std::vector<storage::Matcher>& matchers, storage::TimeRange range_ms) const override;
  absl::StatusOr<std::vector<std::string>> MetricLabelValues(
      std::string_view name, const std::vector<storage::Matcher>& matchers,
      storage::TimeRange range_ms) const override;
  absl::StatusOr<std::vector<std::string>> LogLabelNames(
      const std::vector<storage::Matcher>& matchers, storage::TimeRange range_ns) const override;
  absl::StatusOr<std::vector<std::string>> LogLabelValues(
      std::string_view name, const std::vector<storage::Matcher>& matchers,
      storage::TimeRange range_ns) const override;
  absl::StatusOr<storage::LogVolume> Volume(const std::vector<storage::Matcher>& matchers,
                                            storage::TimeRange range_ns) const override;

  // One series. Equal sequences of timestamps share a column when they are read whole.
  struct Series {
    storage::LabelSet labels;
    storage::TimestampColumn timestamps_ms;
    std::vector<double> values;
    std::vector<int64_t> histogram_timestamps_ms;
    std::vector<storage::HistogramPtr> histograms;
  };

 private:
  storage::TimestampColumn Share(std::vector<int64_t> timestamps_ms);

  struct ByLabels {
    bool operator()(const storage::LabelSet& a, const storage::LabelSet& b) const {
      return a.Compare(b) < 0;
    }
  };
  std::map<storage::LabelSet, std::shared_ptr<const Series>, ByLabels> series_;
  std::map<storage::LabelSet, std::map<int64_t, int64_t>, ByLabels> start_timestamps_ms_;
  std::map<std::vector<int64_t>, storage::TimestampColumn> columns_;
};

}  // namespace varve::tests

#endif  // TESTS_SUPPORT_MEMORY_QUERIER_H_
