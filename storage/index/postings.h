// Postings: the ids of the series that have some label, as a sorted list, and how it is stored.
//
// Three encodings, the smallest wins: runs of consecutive ids (a metric is one), gaps packed in
// blocks of 128 (regular gaps, as of one instance in every metric, take no bits at all), or a
// bitmap. One lone id is a number.
//
// Threads:  free functions without state.
// Owns:     nothing.
// Errors:   DATA_LOSS for bytes that are no postings, or name ids of `id_end` and above.
// Format:   storage/docs/index_format.md, section 2
#ifndef STORAGE_INDEX_POSTINGS_H_
#define STORAGE_INDEX_POSTINGS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace varve::storage {

// Strictly increasing ids.
using IdList = std::vector<uint32_t>;

enum class PostingsKind : uint8_t { kRuns = 0, kGaps = 1, kBitmap = 2, kSingle = 3 };

// Appends `ids`, which must be strictly increasing.
void EncodePostings(std::span<const uint32_t> ids, std::string* out);

// The ids begin .. end - 1.
struct IdBounds {
  uint32_t begin = 0;
  uint32_t end = 0;

  bool empty() const { return begin >= end; }
  uint32_t count() const { return empty() ? 0 : end - begin; }
  bool Has(uint32_t id) const { return id >= begin && id < end; }
  IdBounds Intersect(IdBounds other) const {
    return {begin > other.begin ? begin : other.begin, end < other.end ? end : other.end};
  }
};

// One list inside a longer run of bytes.
struct EncodedPostings {
  PostingsKind kind = PostingsKind::kRuns;
  uint32_t count = 0;
  uint32_t single = 0;       // kSingle
  std::string_view payload;  // behind the count
  size_t encoded_bytes = 0;  // where the next list begins
};

// Reads the head of the list that `bytes` begin with.
absl::StatusOr<EncodedPostings> ReadPostings(std::string_view bytes);
// Appends the ids to *ids.
absl::Status DecodePostings(const EncodedPostings& postings, uint32_t id_end, IdList* ids);

// The first id of a list that is not empty; the cheapest question there is.
absl::StatusOr<uint32_t> FirstId(const EncodedPostings& postings, uint32_t id_end);
// Bounds of all ids of a list, cheap and not always narrow; exact where it IsOneRun.
absl::StatusOr<IdBounds> BoundsOf(const EncodedPostings& postings, uint32_t id_end);
// Whether the list says of itself that it is the ids from its first one on, without a gap.
bool IsOneRun(const EncodedPostings& postings);
// Keeps those of *ids that the list has too. Runs and bitmaps are looked at where they lie: few ids
// cost little, however long the list is.
absl::Status IntersectWithPostings(const EncodedPostings& postings, uint32_t id_end, IdList* ids);

IdList AllIds(IdBounds bounds);

}  // namespace varve::storage

#endif  // STORAGE_INDEX_POSTINGS_H_
