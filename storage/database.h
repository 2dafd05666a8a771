// Database: the storage engine, and the only way into it. Metrics and logs share its WAL, manifest,
// retention and directory.
//
// Threads:  thread-safe, except Close, which must be the last call.
// Owns:     everything below the data directory, which it keeps locked.
// Errors:   Open: FAILED_PRECONDITION when another process has the directory or a format version is
//           unknown; UNAVAILABLE for I/O. A damaged file never fails Open: it is set aside in
//           quarantine/ and counted.
#ifndef STORAGE_DATABASE_H_
#define STORAGE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/appender.h"
#include "storage/cardinality.h"
#include "storage/model/signal.h"
#include "storage/querier.h"
#include "storage/storage_options.h"

namespace varve::storage {

// Counters and sizes for the server's /metrics and index/stats.
struct StorageStats {
  uint64_t head_series = 0;
  uint64_t head_samples = 0;
  uint64_t head_streams = 0;
  uint64_t head_entries = 0;
  uint64_t head_histogram_series = 0;
  uint64_t head_histograms = 0;
  uint64_t samples_appended_total = 0;
  uint64_t entries_appended_total = 0;
  uint64_t histograms_appended_total = 0;
  uint64_t entry_bytes_appended_total = 0;
  uint64_t samples_rejected_total = 0;  // histograms included
  uint64_t entries_rejected_total = 0;
  uint64_t series_created_total = 0;
  uint64_t head_exemplars = 0;
  uint64_t exemplars_appended_total = 0;
  uint64_t exemplars_rejected_total = 0;
  uint64_t wal_bytes = 0;
  uint64_t wal_syncs_total = 0;
  uint64_t wal_sync_failures_total = 0;
  uint64_t wal_corruptions_total = 0;
  uint64_t wal_replayed_samples = 0;
  uint64_t wal_replayed_entries = 0;
  uint64_t wal_replayed_histograms = 0;
  uint64_t metric_parts = 0;
  uint64_t metric_part_bytes = 0;
  uint64_t metric_part_samples = 0;
  uint64_t log_parts = 0;
  uint64_t log_part_bytes = 0;
  uint64_t log_part_entries = 0;
  uint64_t start_timestamp_parts = 0;
  uint64_t start_timestamp_part_bytes = 0;
  uint64_t exemplar_parts = 0;
  uint64_t exemplar_part_bytes = 0;
  uint64_t histogram_parts = 0;
  uint64_t histogram_part_bytes = 0;
  uint64_t histogram_part_samples = 0;
  uint64_t deletion_masks = 0;  // deletes that compaction has not made physical everywhere
  uint64_t flushes_total = 0;
  uint64_t compactions_total = 0;
  uint64_t maintenance_failures_total = 0;
  uint64_t quarantined_files = 0;
  int64_t head_min_time_ms = 0;  // of metrics, histograms included; 0 where the head is empty
  int64_t head_max_time_ms = 0;
  // The same of all that is there, parts included.
  int64_t metrics_min_time_ms = 0;
  int64_t metrics_max_time_ms = 0;
};

// One part file.
struct PartInfo {
  std::string name;
  Signal signal = Signal::kMetrics;  // histograms and exemplars belong to metrics
  uint32_t level = 0;                // 0 as flushed, 1 a merged window, 2 a merged day
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
  uint64_t series = 0;   // or streams
  uint64_t entries = 0;  // or samples
  uint64_t chunks = 0;   // or blocks
  uint64_t bytes = 0;
};

// A delete of log entries: those in a range of time of the streams that match; where there is a
// filter, only those that it matches.
struct EntryDeletion {
  std::vector<Matcher> matchers;
  TimeRange range_ns;
  std::string filter;  // a text for StorageOptions::compile_entry_filter; empty: all entries
};

class Database {
 public:
  static absl::StatusOr<std::unique_ptr<Database>> Open(StorageOptions options);
  virtual ~Database() = default;

  // Store a batch; return when all that was accepted is durable.
  virtual AppendResult AppendMetrics(const MetricBatch& batch) = 0;
  virtual AppendResult AppendLogs(const LogBatch& batch) = 0;

  // A consistent view of everything appended so far.
  virtual std::unique_ptr<Querier> NewQuerier() const = 0;

  // Writes the heads into parts and drops the WAL they covered.
  virtual absl::Status Flush() = 0;
  // Flush, then merge all parts of each day and signal into one.
  virtual absl::Status CompactAll() = 0;
  // Hides what the matchers select in a time range (milliseconds for metrics, nanoseconds for logs)
  // from every query that begins later; durable when it returns. Compaction makes it physical.
  // Exemplars and histograms of the series are metrics. What is written later is not affected.
  virtual absl::Status Delete(Signal signal, const std::vector<Matcher>& matchers,
                              TimeRange range) = 0;
  // The same for log entries. Answers an id by which the delete is known until it is physical; 0
  // where there was nothing to delete. Deletes of the same may share an id. INVALID_ARGUMENT for a
  // filter that does not compile.
  virtual absl::StatusOr<uint64_t> DeleteEntries(const EntryDeletion& deletion) = 0;
  // The ids of deletes that are not physical yet, ascending.
  virtual std::vector<uint64_t> PendingDeletions() const = 0;
  // What a delete hid and compaction has not removed yet is seen again. NOT_FOUND when the delete
  // is physical already.
  virtual absl::Status CancelDeletion(uint64_t id) = 0;
  // Rewrites the parts in which something is deleted.
  virtual absl::Status CleanDeletions() = 0;
  // Writes everything appended so far (`skip_heads`: only what is in parts already) into a new
  // folder `directory`, which opens as a data directory of its own. Parts are linked, not copied,
  // where the file system can. ALREADY_EXISTS where the folder is there.
  virtual absl::Status Snapshot(const std::string& directory, bool skip_heads) = 0;

  // One round of what the background thread does when it is due: flush, compact, retention.
  virtual absl::Status Maintain() = 0;

  virtual StorageStats Stats() const = 0;
  // The parts of this moment, in the order of their names.
  virtual std::vector<PartInfo> Parts() const { return {}; }
  // Counts the series of a range of time, over heads and parts; lists have `limit` elements at
  // most. It reads the label sets of the parts that reach into the range: about a microsecond for
  // each series of each part.
  virtual absl::StatusOr<Cardinality> MetricCardinality(TimeRange range_ms, size_t limit) const = 0;

  // Flushes and stops. Appends that come later are UNAVAILABLE.
  virtual absl::Status Close() = 0;
};

}  // namespace varve::storage

#endif  // STORAGE_DATABASE_H_
