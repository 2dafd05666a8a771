// Definitions of series and streams in a WAL record: which label set a ref stands for. Shared by
// sample and entry records.
//
// Threads:  thread-compatible.
// Owns:     the writer its bytes; what is decoded points into the payload.
// Errors:   DATA_LOSS.
// Format:   storage/docs/wal_format.md: varint count, then per definition varint ref, varint size
//           and the packed label set
#ifndef STORAGE_WAL_RECORD_DEFINITIONS_H_
#define STORAGE_WAL_RECORD_DEFINITIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/encoding/byte_reader.h"
#include "storage/model/label_set.h"

namespace varve::storage {

struct RefDefinition {
  uint64_t ref = 0;
  LabelSetView labels;
};

class RecordDefinitionsWriter {
 public:
  void Add(uint64_t ref, LabelSetView labels);
  void AppendTo(std::string* payload) const;
  void Clear();
  size_t byte_size() const { return bytes_.size(); }

 private:
  uint64_t count_ = 0;
  std::string bytes_;
};

absl::Status ReadRecordDefinitions(ByteReader* reader, std::vector<RefDefinition>* definitions);

}  // namespace varve::storage

#endif  // STORAGE_WAL_RECORD_DEFINITIONS_H_
