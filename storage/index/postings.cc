#include "storage/index/postings.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <iterator>
#include <numeric>

#include "storage/encoding/bit_packing.h"
#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/index/postings_visit.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace postings_internal {

absl::Status DamagedError(std::string_view what) {
  return absl::DataLossError(StrCat("cannot read postings: ", what));
}

}  // namespace postings_internal

namespace {

using postings_internal::DamagedError;

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

// Keeps those of *ids that lie in a run, or are one of the ids.
absl::Status IntersectWithVisited(const EncodedPostings& postings, uint32_t id_end, IdList* ids) {
  auto from = ids->begin();
  auto kept = ids->begin();
  const auto keep = [&](uint32_t begin, uint32_t end) {
    // Where few are left of *ids they are far apart, else the next one is near.
    while (from != ids->end() && *from < begin) ++from;
    const auto last = end == begin + 1 ? from + (from != ids->end() && *from == begin ? 1 : 0)
                                       : std::lower_bound(from, ids->end(), end);
    kept = std::copy(from, last, kept);
    from = last;
    return from != ids->end();
  };
  VARVE_RETURN_IF_ERROR(VisitPostings(postings, id_end, keep));
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
  if (postings.count <= id_end) ids->reserve(ids->size() + postings.count);
  return VisitPostings(postings, id_end, [ids](uint32_t begin, uint32_t end) {
    if (end == begin + 1) {
      ids->push_back(begin);
    } else {
      const size_t at = ids->size();
      ids->resize(at + (end - begin));
      std::iota(ids->begin() + static_cast<ptrdiff_t>(at), ids->end(), begin);
    }
    return true;
  });
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

bool IsOneRun(const EncodedPostings& postings) {
  if (postings.kind == PostingsKind::kSingle) return true;
  if (postings.kind != PostingsKind::kRuns || postings.count == 0) return false;
  ByteReader reader(postings.payload);
  uint64_t first = 0;
  return reader.Varint(&first) && reader.AtEnd();
}

absl::StatusOr<IdBounds> BoundsOf(const EncodedPostings& postings, uint32_t id_end) {
  if (postings.count == 0) return IdBounds{};
  VARVE_ASSIGN_OR_RETURN(const uint32_t first, FirstId(postings, id_end));
  if (!IsOneRun(postings)) return IdBounds{first, id_end};
  if (postings.count > id_end - first) {
    return DamagedError(StrCat(postings.count, " ids from ", first, ", want less than ", id_end));
  }
  return IdBounds{first, first + postings.count};
}

absl::Status IntersectWithPostings(const EncodedPostings& postings, uint32_t id_end, IdList* ids) {
  if (postings.count == 0) {
    ids->clear();
    return absl::OkStatus();
  }
  return postings.kind == PostingsKind::kBitmap ? IntersectWithBitmap(postings, id_end, ids)
                                                : IntersectWithVisited(postings, id_end, ids);
}

IdList AllIds(IdBounds bounds) {
  IdList ids(bounds.count());
  std::iota(ids.begin(), ids.end(), bounds.begin);
  return ids;
}

}  // namespace varve::storage
