// IdBitmap: a set of ids between two bounds, a bit each: what many postings lists are gathered in,
// in any order.
//
// Threads:  thread-compatible.
// Owns:     its bits.
// Errors:   Add: those of DecodePostings; what was added before one stays.
#ifndef STORAGE_INDEX_ID_BITMAP_H_
#define STORAGE_INDEX_ID_BITMAP_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "storage/index/postings.h"

namespace varve::storage {

class IdBitmap {
 public:
  // No id yet. Ids outside of the bounds are left out.
  explicit IdBitmap(IdBounds bounds)
      : bounds_(bounds),
        word_begin_(bounds.begin / kWordBits),
        words_(bounds.empty() ? 0 : (bounds.end - 1) / kWordBits - word_begin_ + 1) {}

  IdBounds bounds() const { return bounds_; }
  size_t bytes() const { return words_.size() * sizeof(words_[0]); }

  void Add(IdBounds ids);
  absl::Status Add(const EncodedPostings& postings, uint32_t id_end);
  // REQUIRES (both): `other` has the same bounds.
  void Intersect(const IdBitmap& other);
  void Subtract(const IdBitmap& other);

  bool Has(uint32_t id) const {
    return bounds_.Has(id) &&
           (words_[id / kWordBits - word_begin_] >> (id % kWordBits) & uint64_t{1}) != 0;
  }
  bool HasAny(IdBounds ids) const;
  size_t Count() const;
  IdList List() const;

 private:
  static constexpr uint32_t kWordBits = 64;

  IdBounds bounds_;
  uint32_t word_begin_;
  std::vector<uint64_t> words_;
};

}  // namespace varve::storage

#endif  // STORAGE_INDEX_ID_BITMAP_H_
