#include "storage/index/postings.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <iterator>
#include <numeric>

#include "storage/encoding/bit_packing.h"
#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr size_t kGapsPerBlock = 128;
// A list this much shorter than the other is intersected by searching, not by walking.
constexpr size_t kGallopRatio = 16;

absl::Status DamagedError(std::string_view what) {
  return absl::DataLossError(StrCat("cannot read postings: ", what));
}

std::string EncodeRuns(std::span<const uint32_t> ids) {
  std::string payload;
  ByteWriter writer(&payload);
  uint64_t previous_end = 0;
  for (size_t i = 0; i < ids.size();) {
    size_t end = i + 1;
    while (end < ids.size() && ids[end] == ids[end - 1] + 1) ++end;
    writer.Varint(ids[i] - previous_end);
    if (end < ids.size()) writer.Varint(end - i - 1);  // the last run's follows from the count
    previous_end = ids[end - 1] + uint64_t{1};
    i = end;
  }
  return payload;
}

std::string EncodeGaps(std::span<const uint32_t> ids) {
  std::string payload;
  ByteWriter writer(&payload);
  writer.Varint(ids[0]);
  std::vector<uint32_t> gaps;
  for (size_t begin = 1; begin < ids.size(); begin += kGapsPerBlock) {
    const size_t end = std::min(ids.size(), begin + kGapsPerBlock);
    gaps.clear();
    for (size_t i = begin; i < end; ++i) gaps.push_back(ids[i] - ids[i - 1] - 1);
    const auto [least, greatest] = std::minmax_element(gaps.begin(), gaps.end());
    const uint32_t smallest = *least;
    const unsigned width = static_cast<unsigned>(std::bit_width(*greatest - smallest));
    for (uint32_t& gap : gaps) gap -= smallest;
    writer.Varint(smallest);
    writer.U8(static_cast<uint8_t>(width));
    if (width > 0) PackBits(std::span<const uint32_t>(gaps), width, &payload);
  }
  return payload;
}

std::string EncodeBitmap(std::span<const uint32_t> ids) {
  const uint32_t first_byte = ids.front() / 8;
  std::string bits(ids.back() / 8 - first_byte + 1, '\0');
  for (const uint32_t id : ids) {
    char& byte = bits[id / 8 - first_byte];
    byte = static_cast<char>(byte | (1 << (id % 8)));
  }
  std::string payload;
  ByteWriter(&payload).Varint(first_byte);
  return payload + bits;
}

absl::Status DecodeRuns(const EncodedPostings& postings, uint32_t id_end, IdList* ids) {
  ByteReader reader(postings.payload);
  uint64_t left = postings.count;
  uint64_t next = 0;
  while (left > 0) {
    uint64_t gap = 0;
    uint64_t length = left - 1;
    if (!reader.VarintUpTo(id_end, &gap)) return DamagedError("a run is cut off");
    if (reader.remaining() > 0 && !reader.VarintUpTo(left - 1, &length)) {
      return DamagedError("a run is too long");
    }
    const uint64_t begin = next + gap;
    next = begin + length + 1;
    if (next > id_end) return DamagedError(StrCat("id ", next - 1, ", want less than ", id_end));
    const size_t at = ids->size();
    ids->resize(at + length + 1);
    std::iota(ids->begin() + static_cast<ptrdiff_t>(at), ids->end(), static_cast<uint32_t>(begin));
    left -= length + 1;
  }
  return reader.AtEnd() ? absl::OkStatus() : DamagedError("bytes behind the last run");
}

absl::Status DecodeGaps(const EncodedPostings& postings, uint32_t id_end, IdList* ids) {
  ByteReader reader(postings.payload);
  uint64_t id = 0;
  if (!reader.VarintUpTo(id_end - 1, &id)) return DamagedError("the first id is too large");
  ids->push_back(static_cast<uint32_t>(id));
  uint32_t gaps[kGapsPerBlock];
  for (size_t left = postings.count - 1; left > 0;) {
    const size_t count = std::min(left, kGapsPerBlock);
    uint64_t smallest = 0;
    uint8_t width = 0;
    std::string_view bits;
    if (!reader.VarintUpTo(UINT32_MAX, &smallest) || !reader.U8(&width) || width > 32 ||
        !reader.Bytes(PackedBytes(count, width), &bits) || !UnpackBits(bits, count, width, gaps)) {
      return DamagedError("a block of gaps is cut off");
    }
    for (size_t i = 0; i < count; ++i) {
      id += smallest + gaps[i] + 1;
      if (id >= id_end) return DamagedError(StrCat("id ", id, ", want less than ", id_end));
      ids->push_back(static_cast<uint32_t>(id));
    }
    left -= count;
  }
  return reader.AtEnd() ? absl::OkStatus() : DamagedError("bytes behind the last gap");
}

absl::Status DecodeBitmap(const EncodedPostings& postings, uint32_t id_end, IdList* ids) {
  ByteReader reader(postings.payload);
  uint64_t first_byte = 0;
  if (!reader.VarintUpTo(id_end / 8, &first_byte)) return DamagedError("the bitmap is cut off");
  const std::string_view bits = reader.rest();
  const size_t before = ids->size();
  for (size_t byte = 0; byte < bits.size(); ++byte) {
    for (unsigned left = static_cast<uint8_t>(bits[byte]); left != 0; left &= left - 1) {
      const uint64_t id = (first_byte + byte) * 8 + static_cast<unsigned>(std::countr_zero(left));
      if (id >= id_end) return DamagedError(StrCat("id ", id, ", want less than ", id_end));
      ids->push_back(static_cast<uint32_t>(id));
    }
  }
  if (ids->size() - before != postings.count) return DamagedError("the count of a bitmap is wrong");
  return absl::OkStatus();
}

// Keeps those of *ids that lie in a run.
absl::Status IntersectWithRuns(const EncodedPostings& postings, uint32_t id_end, IdList* ids) {
  ByteReader reader(postings.payload);
  auto from = ids->begin();
  auto kept = ids->begin();
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
    left -= length + 1;
    if (next > id_end) return DamagedError(StrCat("id ", next - 1, ", want less than ", id_end));
    from = std::lower_bound(from, ids->end(), static_cast<uint32_t>(begin));
    const auto last = std::lower_bound(from, ids->end(), next);
    kept = std::copy(from, last, kept);
    from = last;
    if (from == ids->end()) break;
  }
  ids->erase(kept, ids->end());
  return absl::OkStatus();
}

// Keeps those of *ids whose bit is set.
absl::Status IntersectWithBitmap(const EncodedPostings& postings, uint32_t id_end, IdList* ids) {
  ByteReader reader(postings.payload);
  uint64_t first_byte = 0;
  if (!reader.VarintUpTo(id_end / 8, &first_byte)) return DamagedError("the bitmap is cut off");
  const std::string_view bits = reader.rest();
  std::erase_if(*ids, [&](uint32_t id) {
    const uint64_t byte = id / 8 - first_byte;  // wraps below the first
    return byte >= bits.size() || (static_cast<uint8_t>(bits[byte]) >> (id % 8) & 1) == 0;
  });
  return absl::OkStatus();
}

}  // namespace

void EncodePostings(std::span<const uint32_t> ids, std::string* out) {
  ByteWriter writer(out);
  const auto write_head = [&](PostingsKind kind, uint64_t number) {
    writer.Varint((number << 2) | static_cast<uint64_t>(kind));
  };
  if (ids.size() == 1) return write_head(PostingsKind::kSingle, ids[0]);
  if (ids.empty()) {
    write_head(PostingsKind::kRuns, 1);
    return writer.Varint(0);
  }
  assert(std::is_sorted(ids.begin(), ids.end()));
  PostingsKind kind = PostingsKind::kRuns;
  std::string payload = EncodeRuns(ids);
  if (std::string gaps = EncodeGaps(ids); gaps.size() < payload.size()) {
    kind = PostingsKind::kGaps;
    payload = std::move(gaps);
  }
  if ((ids.back() - ids.front()) / 8 + 2 < payload.size()) {
    if (std::string bitmap = EncodeBitmap(ids); bitmap.size() < payload.size()) {
      kind = PostingsKind::kBitmap;
      payload = std::move(bitmap);
    }
  }
  write_head(kind, VarintBytes(ids.size()) + payload.size());
  writer.Varint(ids.size());
  writer.Bytes(payload);
}

absl::StatusOr<EncodedPostings> ReadPostings(std::string_view bytes) {
  EncodedPostings postings;
  ByteReader reader(bytes);
  uint64_t head = 0;
  if (!reader.Varint(&head)) return DamagedError("the head is cut off");
  postings.kind = static_cast<PostingsKind>(head & 3);
  const uint64_t number = head >> 2;
  if (postings.kind == PostingsKind::kSingle) {
    if (number > UINT32_MAX) return DamagedError("the id is too large");
    postings.count = 1;
    postings.single = static_cast<uint32_t>(number);
  } else {
    std::string_view content;
    if (number > reader.remaining() || !reader.Bytes(number, &content)) {
      return DamagedError("the list is cut off");
    }
    ByteReader content_reader(content);
    uint64_t count = 0;
    if (!content_reader.VarintUpTo(UINT32_MAX, &count)) return DamagedError("the count is cut off");
    postings.count = static_cast<uint32_t>(count);
    postings.payload = content_reader.rest();
  }
  postings.encoded_bytes = reader.offset();
  return postings;
}

absl::Status DecodePostings(const EncodedPostings& postings, uint32_t id_end, IdList* ids) {
  if (postings.count == 0) return absl::OkStatus();
  if (postings.count > id_end) {
    return DamagedError(StrCat(postings.count, " ids, want at most ", id_end));
  }
  switch (postings.kind) {
    case PostingsKind::kRuns:
      return DecodeRuns(postings, id_end, ids);
    case PostingsKind::kGaps:
      return DecodeGaps(postings, id_end, ids);
    case PostingsKind::kBitmap:
      return DecodeBitmap(postings, id_end, ids);
    case PostingsKind::kSingle:
      break;
  }
  if (postings.single >= id_end) {
    return DamagedError(StrCat("id ", postings.single, ", want less than ", id_end));
  }
  ids->push_back(postings.single);
  return absl::OkStatus();
}

absl::StatusOr<uint32_t> FirstId(const EncodedPostings& postings, uint32_t id_end) {
  ByteReader reader(postings.payload);
  uint64_t id = postings.single;
  if (postings.count == 0) return DamagedError("there is no id");
  if (postings.kind == PostingsKind::kBitmap) {
    if (!reader.VarintUpTo(id_end / 8, &id)) return DamagedError("the bitmap is cut off");
    const std::string_view bits = reader.rest();
    const size_t byte = bits.find_first_not_of('\0');
    if (byte == std::string_view::npos) return DamagedError("the bitmap is empty");
    id =
        (id + byte) * 8 + static_cast<unsigned>(std::countr_zero(static_cast<uint8_t>(bits[byte])));
  } else if (postings.kind != PostingsKind::kSingle && !reader.VarintUpTo(id_end, &id)) {
    return DamagedError("the first id is cut off");
  }
  if (id >= id_end) return DamagedError(StrCat("id ", id, ", want less than ", id_end));
  return static_cast<uint32_t>(id);
}

absl::Status IntersectWithPostings(const EncodedPostings& postings, uint32_t id_end, IdList* ids) {
  if (postings.count == 0) {
    ids->clear();
    return absl::OkStatus();
  }
  switch (postings.kind) {
    case PostingsKind::kRuns:
      return IntersectWithRuns(postings, id_end, ids);
    case PostingsKind::kBitmap:
      return IntersectWithBitmap(postings, id_end, ids);
    case PostingsKind::kGaps:
    case PostingsKind::kSingle:
      break;
  }
  IdList other;
  VARVE_RETURN_IF_ERROR(DecodePostings(postings, id_end, &other));
  *ids = IntersectIds(*ids, other);
  return absl::OkStatus();
}

IdList IntersectIds(const IdList& a, const IdList& b) {
  const IdList& shorter = a.size() <= b.size() ? a : b;
  const IdList& longer = a.size() <= b.size() ? b : a;
  IdList both;
  both.reserve(shorter.size());
  if (shorter.size() * kGallopRatio >= longer.size()) {
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    return both;
  }
  auto at = longer.begin();
  for (const uint32_t id : shorter) {
    at = std::lower_bound(at, longer.end(), id);
    if (at == longer.end()) break;
    if (*at == id) both.push_back(id);
  }
  return both;
}

IdList SubtractIds(const IdList& from, const IdList& ids) {
  IdList rest;
  rest.reserve(from.size());
  std::set_difference(from.begin(), from.end(), ids.begin(), ids.end(), std::back_inserter(rest));
  return rest;
}

IdList UnionIds(const IdList& a, const IdList& b) {
  IdList all;
  all.reserve(a.size() + b.size());
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
  return all;
}

IdList AllIds(uint32_t id_end) {
  IdList ids(id_end);
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

absl::Status IdUnion::Add(const EncodedPostings& postings) {
  const size_t before = ids_.size();
  VARVE_RETURN_IF_ERROR(DecodePostings(postings, id_end_, &ids_));
  if (before > 0 && before < ids_.size() && ids_[before] <= ids_[before - 1]) sorted_ = false;
  // Lists of one label do not overlap; damaged ones could, without end.
  return ids_.size() <= id_end_ ? absl::OkStatus() : DamagedError("lists of one label overlap");
}

IdList IdUnion::Take() {
  if (sorted_) return std::move(ids_);
  // A bitmap sorts in one pass over it; below one id in 64 comparing is cheaper.
  if (ids_.size() < id_end_ / 64) {
    std::sort(ids_.begin(), ids_.end());
  } else {
    std::vector<uint64_t> bits(id_end_ / 64 + 1);
    for (const uint32_t id : ids_) bits[id / 64] |= uint64_t{1} << (id % 64);
    ids_.clear();
    for (size_t word = 0; word < bits.size(); ++word) {
      for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
        ids_.push_back(
            static_cast<uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(left))));
      }
    }
  }
  ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
  return std::move(ids_);
}

}  // namespace varve::storage
