// MemoryLogQuerier: log streams in memory behind the Querier interface, for tests of LogQL.
//
// Threads:  Add before the first query; queries from any number of threads.
// Owns:     its streams; selections and cursors must not outlive it.
// Errors:   UNIMPLEMENTED for metrics.
#ifndef TESTS_SUPPORT_MEMORY_LOG_QUERIER_H_
#define TESTS_SUPPORT_MEMORY_LOG_QUERIER_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/querier.h"

namespace varve::test {

class MemoryLogQuerier final : public storage::Querier {
 public:
  void Add(const storage::LabelSet& stream, int64_t timestamp_ns, std::string_view line,
           const storage::LabelSet& metadata = {});
  void Clear() { streams_.clear(); }

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

  // Whether any cursor was asked for lines (metadata) since the last reset.
  bool lines_were_read() const { return lines_read_; }
  void ResetReads() { lines_read_ = false; }

  struct StoredEntry {
    std::string line;
    storage::LabelSet metadata;
  };
  // Entries of equal times keep the order they were added in.
  using Entries = std::multimap<int64_t, StoredEntry>;

 private:
  std::map<storage::LabelSet, Entries> streams_;
  mutable std::atomic<bool> lines_read_{false};
};

}  // namespace varve::test

#endif  // TESTS_SUPPORT_MEMORY_LOG_QUERIER_H_
