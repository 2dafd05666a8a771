#include "storage/index/id_bitmap.h"

#include <bit>

#include "storage/index/postings_visit.h"

namespace varve::storage {

void IdBitmap::Add(IdBounds ids) {
  ids = ids.Intersect(bounds_);
  if (ids.empty()) return;
  const size_t first = ids.begin / kWordBits - word_begin_;
  const size_t last = (ids.end - 1) / kWordBits - word_begin_;
  const uint64_t from = ~uint64_t{0} << (ids.begin % kWordBits);
  const uint64_t up_to = ~uint64_t{0} >> (kWordBits - 1 - (ids.end - 1) % kWordBits);
  if (first == last) {
    words_[first] |= from & up_to;
    return;
  }
  words_[first] |= from;
  for (size_t word = first + 1; word < last; ++word) words_[word] = ~uint64_t{0};
  words_[last] |= up_to;
}

absl::Status IdBitmap::Add(const EncodedPostings& postings, uint32_t id_end) {
  return VisitPostings(postings, id_end, [&](uint32_t begin, uint32_t end) {
    if (end == begin + 1) {
      if (bounds_.Has(begin)) {
        words_[begin / kWordBits - word_begin_] |= uint64_t{1} << (begin % kWordBits);
      }
    } else {
      Add({begin, end});
    }
    return end < bounds_.end;
  });
}

void IdBitmap::Intersect(const IdBitmap& other) {
  for (size_t word = 0; word < words_.size(); ++word) words_[word] &= other.words_[word];
}

void IdBitmap::Subtract(const IdBitmap& other) {
  for (size_t word = 0; word < words_.size(); ++word) words_[word] &= ~other.words_[word];
}

bool IdBitmap::HasAny(IdBounds ids) const {
  ids = ids.Intersect(bounds_);
  for (uint32_t id = ids.begin; id < ids.end;) {
    const uint64_t word = words_[id / kWordBits - word_begin_] >> (id % kWordBits);
    if (word != 0) return id + static_cast<unsigned>(std::countr_zero(word)) < ids.end;
    if (id / kWordBits == (ids.end - 1) / kWordBits) break;
    id = (id / kWordBits + 1) * kWordBits;
  }
  return false;
}

size_t IdBitmap::Count() const {
  size_t count = 0;
  for (const uint64_t word : words_) count += static_cast<size_t>(std::popcount(word));
  return count;
}

IdList IdBitmap::List() const {
  IdList ids;
  ids.reserve(Count());
  for (size_t word = 0; word < words_.size(); ++word) {
    for (uint64_t left = words_[word]; left != 0; left &= left - 1) {
      ids.push_back((word_begin_ + static_cast<uint32_t>(word)) * kWordBits +
                    static_cast<uint32_t>(std::countr_zero(left)));
    }
  }
  return ids;
}

}  // namespace varve::storage
