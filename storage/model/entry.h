// Entry: one log line of a stream with its time and structured metadata. Borrowed, never owned.
#ifndef STORAGE_MODEL_ENTRY_H_
#define STORAGE_MODEL_ENTRY_H_

#include <cstdint>
#include <string_view>

#include "storage/model/label_set.h"

namespace varve::storage {

struct Entry {
  int64_t timestamp_ns = 0;  // since the Unix epoch
  std::string_view line;     // any bytes
  LabelSetView metadata;     // labels of this entry alone; not part of the stream's identity
};

}  // namespace varve::storage

#endif  // STORAGE_MODEL_ENTRY_H_
