// LocalQuerier: the Querier of a LocalDatabase: heads and parts as one.
//
// A selection takes its view of the head first and its list of parts second: what a flush moves in
// between is then seen twice, and answered once, but never missed.
//
// Threads:  thread-safe.
// Owns:     nothing; the database outlives it (selections own what they read).
#ifndef STORAGE_LOCAL_QUERIER_H_
#define STORAGE_LOCAL_QUERIER_H_

#include "storage/cardinality.h"
#include "storage/part_set.h"
#include "storage/querier.h"
#include "storage/signal_stores.h"

namespace varve::storage {

class LocalQuerier : public Querier {
 public:
  LocalQuerier(const SignalStores* stores, const PartSet* parts) : stores_(stores), parts_(parts) {}

  absl::StatusOr<std::unique_ptr<MetricSelection>> SelectMetrics(
      const std::vector<Matcher>& matchers, TimeRange range_ms) const override;
  absl::StatusOr<std::unique_ptr<LogSelection>> SelectLogs(const std::vector<Matcher>& matchers,
                                                           TimeRange range_ns) const override;
  absl::StatusOr<std::vector<std::string>> MetricLabelNames(const std::vector<Matcher>& matchers,
                                                            TimeRange range_ms) const override;
  absl::StatusOr<std::vector<std::string>> MetricLabelValues(std::string_view name,
                                                             const std::vector<Matcher>& matchers,
                                                             TimeRange range_ms) const override;
  absl::StatusOr<std::vector<std::string>> LogLabelNames(const std::vector<Matcher>& matchers,
                                                         TimeRange range_ns) const override;
  absl::StatusOr<std::vector<std::string>> LogLabelValues(std::string_view name,
                                                          const std::vector<Matcher>& matchers,
                                                          TimeRange range_ns) const override;
  absl::StatusOr<std::vector<SeriesExemplars>> SelectExemplars(const std::vector<Matcher>& matchers,
                                                               TimeRange range_ms) const override;
  // As Database::MetricCardinality.
  absl::StatusOr<Cardinality> MetricCardinality(TimeRange range_ms, size_t limit) const;
  absl::StatusOr<LogVolume> Volume(const std::vector<Matcher>& matchers,
                                   TimeRange range_ns) const override;
  absl::StatusOr<std::vector<StreamVolume>> VolumeOfStreams(const std::vector<Matcher>& matchers,
                                                            TimeRange range_ns) const override;

 private:
  const SignalStores* stores_;
  const PartSet* parts_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOCAL_QUERIER_H_
