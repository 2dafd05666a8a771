// StorageOptions: everything about the engine that can be set, with its default and the reason.
#ifndef STORAGE_STORAGE_OPTIONS_H_
#define STORAGE_STORAGE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "storage/entry_filter.h"

namespace varve::storage {

class Clock;
class FileSystem;

// Fifteen samples of eight bytes or more of fewer: with less to a series parts would be mostly
// index, and the WAL mostly definitions of series.
inline constexpr uint64_t kFlushWalBytesPerSeries = 128;
// However many series there are, a flush is due at this much WAL, definitions included.
inline constexpr uint64_t kFlushWalBytesMax = 192ULL << 20;

// So many deletes may wait for compaction to make them physical: each one costs queries time. One
// more, and the parts are rewritten first.
inline constexpr size_t kDeletionMasksMax = 1000;

struct StorageOptions {
  // The data directory; created when missing.
  std::string path = "varve-data";

  // Samples and entries older than this are dropped, a whole UTC day at a time, and refused when
  // they come. 0 keeps everything and accepts any age.
  int64_t retention_ms = 30LL * 24 * 3600 * 1000;
  // Oldest days are dropped while parts take more than this. 0: no limit.
  uint64_t retention_bytes = 0;
  // Samples and entries further ahead of the clock are refused, as Prometheus and Loki do.
  // Not checked when retention_ms is 0.
  int64_t future_max_ms = 10LL * 60 * 1000;

  // A flush of the heads into parts is due after this time, or at this much WAL (definitions of
  // series, which it has once in any case, left out) or memory: the WAL bounds the time a restart
  // takes (8 MiB are two million samples), the heads' size the memory. With very many series it
  // waits for kFlushWalBytesPerSeries of each.
  int64_t flush_interval_ms = 10LL * 60 * 1000;
  uint64_t flush_wal_bytes = 8ULL << 20;
  uint64_t flush_log_bytes = 64ULL << 20;
  // A WAL segment is closed at this size, or twice that of the definitions in it.
  uint64_t wal_segment_bytes = 8ULL << 20;
  // Writes are refused (RESOURCE_EXHAUSTED) when the WAL has grown to this, because flushes fail.
  uint64_t wal_bytes_max = 4ULL << 30;

  // Writes are refused (RESOURCE_EXHAUSTED) while less than this is free on the disk: flushes and
  // merges need some. 0: until the disk is full.
  uint64_t free_bytes_min = 0;

  // More active series, or streams, than this are refused.
  uint64_t series_max = 20'000'000;
  uint64_t streams_max = 1'000'000;
  // A series leaves the head when it was flushed and has had no sample for this long.
  int64_t series_idle_ms = 30LL * 60 * 1000;

  // Makes the filters of deletes of log entries; without it such deletes are refused, and a data
  // directory that knows one does not open.
  EntryFilterCompiler compile_entry_filter;
  // Deletes that compaction has not made physical after this time are by rewriting the parts. Until
  // then they can be cancelled.
  int64_t deletion_delay_ms = 24LL * 3600 * 1000;
  // Log entries that deletes hide are never removed before their day is dropped: the parts that
  // hold them are not merged any more.
  bool keep_deleted_entries = false;

  // Told when a background flush, compaction or retention fails; it is tried again by itself.
  // Called by the maintenance thread, possibly every half second.
  std::function<void(const absl::Status&)> on_background_error;

  // Told, while the database opens, which segments of the WAL are read back, and which one was read
  // last. Called by the thread that opens.
  std::function<void(uint64_t first, uint64_t last, uint64_t read)> on_replay;

  // Background flushes, compactions and retention. Tests switch them off and call Maintain.
  bool background = true;

  FileSystem* files = nullptr;  // nullptr: the real one
  Clock* clock = nullptr;       // nullptr: the system's
};

}  // namespace varve::storage

#endif  // STORAGE_STORAGE_OPTIONS_H_
