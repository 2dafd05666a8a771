// PostingsListReader reads the postings lists of one label name, by value rank, cheapest in
// increasing order.
//
// Threads:  one-thread.
// Owns:     nothing; the region outlives it.
// Errors:   DATA_LOSS for a region that has no such list.
// Format:   storage/docs/index_format.md, section 2
#ifndef STORAGE_INDEX_POSTINGS_LIST_READER_H_
#define STORAGE_INDEX_POSTINGS_LIST_READER_H_

#include <cstdint>
#include <cstring>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/index/postings.h"
#include "storage/index/series_index_writer.h"
#include "storage/status_macros.h"

namespace varve::storage {

class PostingsListReader {
 public:
  PostingsListReader(std::string_view region, uint32_t value_count)
      : region_(region), value_count_(value_count) {}

  absl::StatusOr<EncodedPostings> Read(uint32_t value) {
    if (value >= value_count_) return DamagedError();
    const uint32_t block = value / kPostingsBlockLists;
    if (next_ > value || next_ / kPostingsBlockLists != block) {
      uint32_t offset = 0;
      std::memcpy(&offset, region_.data() + size_t{block} * sizeof(offset), sizeof(offset));
      if (offset > region_.size()) return DamagedError();
      rest_ = region_.substr(offset);
      next_ = block * kPostingsBlockLists;
    }
    for (;;) {
      VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, ReadPostings(rest_));
      rest_.remove_prefix(list.encoded_bytes);
      if (next_++ == value) return list;
    }
  }

 private:
  static absl::Status DamagedError() {
    return absl::DataLossError("cannot read series index: the place of a postings list is damaged");
  }

  std::string_view region_;
  uint32_t value_count_;
  std::string_view rest_;
  uint32_t next_ = UINT32_MAX;
};

}  // namespace varve::storage

#endif  // STORAGE_INDEX_POSTINGS_LIST_READER_H_
