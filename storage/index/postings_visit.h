// VisitPostings walks an encoded postings list without listing it.
//
// Threads:  functions without state.
// Errors:   those of DecodePostings, as far as the list was read.
// Format:   storage/docs/index_format.md, section 2
#ifndef STORAGE_INDEX_POSTINGS_VISIT_H_
#define STORAGE_INDEX_POSTINGS_VISIT_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "storage/encoding/bit_packing.h"
#include "storage/encoding/byte_reader.h"
#include "storage/index/postings.h"
#include "storage/model/text.h"

namespace varve::storage {

inline constexpr size_t kGapsPerBlock = 128;

namespace postings_internal {

absl::Status DamagedError(std::string_view what);

template <typename Visit>
absl::Status VisitRuns(const EncodedPostings& postings, uint32_t id_end, Visit visit) {
  ByteReader reader(postings.payload);
  uint64_t next = 0;
  for (uint64_t left = postings.count; left > 0;) {
    uint64_t gap = 0;
    uint64_t length = left - 1;
    if (!reader.VarintUpTo(id_end, &gap)) return DamagedError("a run is cut off");
    if (reader.remaining() > 0 && !reader.VarintUpTo(left - 1, &length)) {
      return DamagedError("a run is too long");
    }
    const uint64_t begin = next + gap;
    next = begin + length + 1;
    if (next > id_end) return DamagedError(StrCat("id ", next - 1, ", want less than ", id_end));
    if (!visit(static_cast<uint32_t>(begin), static_cast<uint32_t>(next))) return absl::OkStatus();
    left -= length + 1;
  }
  return reader.AtEnd() ? absl::OkStatus() : DamagedError("bytes behind the last run");
}

template <typename Visit>
absl::Status VisitGaps(const EncodedPostings& postings, uint32_t id_end, Visit visit) {
  ByteReader reader(postings.payload);
  uint64_t id = 0;
  if (!reader.VarintUpTo(id_end - 1, &id)) return DamagedError("the first id is too large");
  if (!visit(static_cast<uint32_t>(id), static_cast<uint32_t>(id + 1))) return absl::OkStatus();
  uint32_t gaps[kGapsPerBlock];
  for (size_t left = postings.count - 1; left > 0;) {
    const size_t count = std::min(left, kGapsPerBlock);
    uint64_t smallest = 0;
    uint8_t width = 0;
    std::string_view bits;
    if (!reader.VarintUpTo(UINT32_MAX, &smallest) || !reader.U8(&width) || width > 32 ||
        !reader.Bytes(PackedBytes(count, width), &bits)) {
      return DamagedError("a block of gaps is cut off");
    }
    // Regular gaps are most of them.
    if (width == 0) {
      std::fill_n(gaps, count, 0);
    } else if (!UnpackBits(bits, count, width, gaps)) {
      return DamagedError("a block of gaps is cut off");
    }
    for (size_t i = 0; i < count; ++i) {
      id += smallest + gaps[i] + 1;
      if (id >= id_end) return DamagedError(StrCat("id ", id, ", want less than ", id_end));
      if (!visit(static_cast<uint32_t>(id), static_cast<uint32_t>(id + 1))) {
        return absl::OkStatus();
      }
    }
    left -= count;
  }
  return reader.AtEnd() ? absl::OkStatus() : DamagedError("bytes behind the last gap");
}

template <typename Visit>
absl::Status VisitBitmap(const EncodedPostings& postings, uint32_t id_end, Visit visit) {
  ByteReader reader(postings.payload);
  uint64_t first_byte = 0;
  if (!reader.VarintUpTo(id_end / 8, &first_byte)) return DamagedError("the bitmap is cut off");
  const std::string_view bits = reader.rest();
  uint64_t count = 0;
  for (size_t byte = 0; byte < bits.size(); ++byte) {
    for (unsigned left = static_cast<uint8_t>(bits[byte]); left != 0; left &= left - 1) {
      const uint64_t id = (first_byte + byte) * 8 + static_cast<unsigned>(std::countr_zero(left));
      if (id >= id_end) return DamagedError(StrCat("id ", id, ", want less than ", id_end));
      if (!visit(static_cast<uint32_t>(id), static_cast<uint32_t>(id + 1))) {
        return absl::OkStatus();
      }
      ++count;
    }
  }
  if (count != postings.count) return DamagedError("the count of a bitmap is wrong");
  return absl::OkStatus();
}

}  // namespace postings_internal

// Calls visit(begin, end) for ids begin .. end - 1, in order, until it returns false: with runs of
// ids where the list has them, else with one id at a time. What was visited before an error stays
// visited.
template <typename Visit>
absl::Status VisitPostings(const EncodedPostings& postings, uint32_t id_end, Visit visit) {
  using namespace postings_internal;  // NOLINT: the four above
  if (postings.count == 0) return absl::OkStatus();
  if (postings.count > id_end) {
    return DamagedError(StrCat(postings.count, " ids, want at most ", id_end));
  }
  switch (postings.kind) {
    case PostingsKind::kRuns:
      return VisitRuns(postings, id_end, visit);
    case PostingsKind::kGaps:
      return VisitGaps(postings, id_end, visit);
    case PostingsKind::kBitmap:
      return VisitBitmap(postings, id_end, visit);
    case PostingsKind::kSingle:
      break;
  }
  if (postings.single >= id_end) {
    return DamagedError(StrCat("id ", postings.single, ", want less than ", id_end));
  }
  visit(postings.single, postings.single + 1);
  return absl::OkStatus();
}

}  // namespace varve::storage

#endif  // STORAGE_INDEX_POSTINGS_VISIT_H_
