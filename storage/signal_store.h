// SignalStore: one kind of data of a database: its head, its records in the WAL and its parts, as
// the life of the database needs them: replay, flush, compaction. Writing and reading differ from
// kind to kind and are for each store to offer.
//
// A new kind of data is a class of its own here, a member of SignalStores, and, where its parts are
// read in a new way, a reader in stored_part.h.
//
// Threads:  head_size and HasInHead are thread-safe. BeginFlush, EvictIdle and Forget are called
// with the database's gate
//           held exclusively; replay before anything else runs; the rest by the maintenance thread.
// Errors:   those of FileSystem; DATA_LOSS for damaged parts.
#ifndef STORAGE_SIGNAL_STORE_H_
#define STORAGE_SIGNAL_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/part/part_format.h"
#include "storage/part_set.h"
#include "storage/stored_part.h"
#include "storage/wal/wal_format.h"

namespace varve::storage {

// What is in a head and in no part yet.
struct HeadSize {
  uint64_t series = 0;        // or streams
  uint64_t entries = 0;       // or samples
  uint64_t memory_bytes = 0;  // of entries; 0 where the WAL's size bounds the memory well enough
};

// What a replay put back into a head.
struct ReplayCounts {
  uint64_t entries = 0;      // or samples
  uint64_t corruptions = 0;  // records that did not decode or use a series whose definition is lost
};

// Puts the WAL's records of one kind back into the head they came from.
class RecordReplay {
 public:
  virtual ~RecordReplay() = default;
  // References count within one segment: each one defines what it uses, and a definition that was
  // lost must not be made up for by one of another segment.
  virtual void BeginSegment() = 0;
  virtual void Visit(std::string_view payload) = 0;
  // Returns when everything is in the head.
  virtual ReplayCounts Finish() = 0;
};

class SignalStore {
 public:
  virtual ~SignalStore() = default;

  virtual SignalKind kind() const = 0;
  virtual WalRecordType record_type() const = 0;
  virtual HeadSize head_size() const = 0;

  virtual std::unique_ptr<RecordReplay> StartReplay() = 0;

  // A flush: BeginFlush marks what there is; WriteParts writes it, one part for each UTC day, and
  // appends the names of the finished files to `*names` (after an error they are orphans); EndFlush
  // drops it from the head when the parts are published, or else keeps it for another try.
  virtual void BeginFlush() = 0;
  virtual absl::Status WriteParts(PartSet* parts, std::vector<std::string>* names) = 0;
  virtual void EndFlush(bool published) = 0;
  // Series that were flushed and have had nothing newer than `before_ms` leave the head; HasIdle:
  // whether there are any. EvictIdle does nothing and returns false where queries are in its way:
  // writes wait for it, and are not to wait for queries. It is then called again.
  virtual bool HasIdle(int64_t before_ms) const {
    (void)before_ms;
    return false;
  }
  virtual bool EvictIdle(int64_t before_ms) {
    (void)before_ms;
    return true;
  }

  // Writes `inputs`, parts of one day in the order of age, as one part `path` with the identity's
  // id, level and day. What deletions hide is left out; false, and no file, where nothing is left.
  virtual absl::StatusOr<bool> Merge(FileSystem* files, const std::vector<StoredPartPtr>& inputs,
                                     const std::string& path, const PartMetadata& identity) = 0;

  // A delete. Whether the head has anything of series that match in a range of the kind's unit;
  // and, when that has been flushed and hidden, the head forgets it: what is sent again is new.
  virtual bool HasInHead(const std::vector<Matcher>& matchers, TimeRange range) const = 0;
  virtual void Forget(const std::vector<Matcher>& matchers, TimeRange range) {
    (void)matchers, (void)range;
  }
};

}  // namespace varve::storage

#endif  // STORAGE_SIGNAL_STORE_H_
