// LocalMetricSelection: the MetricSelection of a LocalDatabase: samples, native histograms, and,
// for those who ask, the start timestamps that lie in a store of their own.
//
// Threads:  thread-safe.
// Owns:     the selection of samples and histograms, and that of the start timestamps once it was
// asked for;
//           stores and parts (the database) outlive it.
#ifndef STORAGE_LOCAL_METRIC_SELECTION_H_
#define STORAGE_LOCAL_METRIC_SELECTION_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/metrics/metric_selection.h"
#include "storage/model/mutex.h"
#include "storage/part_set.h"
#include "storage/querier.h"
#include "storage/signal_stores.h"

namespace varve::storage {

// The series of one of the two metric stores, heads and parts.
absl::StatusOr<std::unique_ptr<MergedMetricSelection>> SelectFrom(
    const MetricStore& store, const PartSet& parts, const std::vector<Matcher>& matchers,
    TimeRange range_ms);

class LocalMetricSelection : public MetricSelection {
 public:
  static absl::StatusOr<std::unique_ptr<MetricSelection>> Create(
      const SignalStores* stores, const PartSet* parts, const std::vector<Matcher>& matchers,
      TimeRange range_ms);

  size_t size() const override { return samples_->size(); }
  LabelSetView labels(size_t index) const override { return samples_->labels(index); }
  absl::Status Read(size_t index, TimeRange range_ms, SampleColumns* columns) const override {
    return samples_->Read(index, range_ms, columns);
  }
  std::unique_ptr<MetricReader> NewReader() const override { return samples_->NewReader(); }
  absl::Status ReadStartTimestamps(size_t index, TimeRange range_ms,
                                   SampleColumns* columns) const override;

 private:
  LocalMetricSelection(const SignalStores* stores, const PartSet* parts,
                       const std::vector<Matcher>& matchers, TimeRange range_ms)
      : stores_(stores), parts_(parts), matchers_(matchers), range_ms_(range_ms) {}
  // Selects the start timestamps when first asked: hardly a query wants them.
  absl::StatusOr<const MergedMetricSelection*> Starts() const;

  const SignalStores* const stores_;
  const PartSet* const parts_;
  const std::vector<Matcher> matchers_;
  const TimeRange range_ms_;
  std::unique_ptr<MetricSelection> samples_;

  mutable Mutex mutex_;
  mutable std::unique_ptr<MergedMetricSelection> starts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace varve::storage

#endif  // STORAGE_LOCAL_METRIC_SELECTION_H_
