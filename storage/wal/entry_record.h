// The payload of a WAL record of log entries: one log batch, in columns, compressed with LZ4.
//
// Threads:  thread-compatible.
// Owns:     encoder and decoder their buffers, kept from one record to the next.
// Errors:   DATA_LOSS for a damaged payload.
// Format:   storage/docs/wal_format.md
#ifndef STORAGE_WAL_ENTRY_RECORD_H_
#define STORAGE_WAL_ENTRY_RECORD_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/model/entry.h"
#include "storage/model/label_set.h"
#include "storage/wal/record_definitions.h"

namespace varve::storage {

// Collects the entries of one record: Begin and Add for each stream, then Seal, which compresses;
// Define, at any time, for the streams whose labels the segment does not have yet; then Finish.
// Seal belongs before WalWriter::Enqueue, Define and Finish under its lock.
class EntryRecordEncoder {
 public:
  void Define(uint64_t ref, LabelSetView labels) { definitions_.Add(ref, labels); }
  void Begin(uint64_t ref);
  void Add(const Entry& entry);
  void Seal();
  // Appends the record to `*payload` and makes the encoder empty.
  void Finish(std::string* payload);
  void Clear();

  // What Define has added since the last Finish.
  size_t definition_bytes() const { return definitions_.byte_size(); }
  size_t stream_count() const { return stream_count_; }
  size_t entry_count() const { return entry_count_; }
  // Bytes of lines and metadata added since the last Finish.
  size_t raw_bytes() const { return lines_.size() + metadata_.size(); }

 private:
  void EndStream();

  RecordDefinitionsWriter definitions_;
  uint64_t stream_count_ = 0;
  uint64_t entry_count_ = 0;
  uint64_t stream_begin_ = 0;
  uint64_t last_ref_ = 0;
  uint64_t last_timestamp_ns_ = 0;
  std::string streams_;  // per stream: ref, number of entries
  std::string timestamps_;
  std::string line_sizes_;
  std::string metadata_sizes_;
  std::string lines_;
  std::string metadata_;
  bool sealed_ = false;
  std::string raw_;
  std::string block_;
};

class EntryRecordDecoder {
 public:
  // entries()[begin, end) are those of one stream.
  struct Stream {
    uint64_t ref = 0;
    uint32_t begin = 0;
    uint32_t end = 0;
  };

  // The results point into `payload` and this decoder, and are valid until the next Decode.
  absl::Status Decode(std::string_view payload);

  std::span<const RefDefinition> definitions() const { return definitions_; }
  std::span<const Stream> streams() const { return streams_; }
  std::span<const Entry> entries() const { return entries_; }

 private:
  absl::Status DecodeRaw(std::string_view raw);

  std::vector<RefDefinition> definitions_;
  std::vector<Stream> streams_;
  std::vector<Entry> entries_;
  std::string raw_;
};

}  // namespace varve::storage

#endif  // STORAGE_WAL_ENTRY_RECORD_H_
