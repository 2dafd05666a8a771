#include "storage/index/symbol_table.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::Status DamagedError(uint32_t rank) {
  return absl::DataLossError(StrCat("cannot read symbol table: string ", rank, " is damaged"));
}

}  // namespace

absl::StatusOr<SymbolTable> SymbolTable::Open(std::string_view bytes) {
  SymbolTable table;
  uint64_t count = 0;
  ByteReader reader(bytes);
  if (!reader.VarintUpTo(UINT32_MAX - kSymbolBlockStrings, &count)) return DamagedError(0);
  table.count_ = static_cast<uint32_t>(count);
  const size_t offsets = count == 0 ? 0 : table.block_count() - 1;
  if (!reader.Bytes(offsets * sizeof(uint32_t), &table.block_offsets_)) return DamagedError(0);
  table.data_ = reader.rest();
  return table;
}

std::string_view SymbolTable::BlockBytes(uint32_t block) const {
  if (block == 0) return data_;
  uint32_t offset = 0;
  std::memcpy(&offset, block_offsets_.data() + (block - 1) * sizeof(offset), sizeof(offset));
  return offset <= data_.size() ? data_.substr(offset) : std::string_view();
}

absl::StatusOr<std::string> SymbolTable::Get(uint32_t rank) const {
  SymbolCursor cursor(*this);
  VARVE_RETURN_IF_ERROR(cursor.Seek(rank));
  return std::string(cursor.text());
}

absl::StatusOr<uint32_t> SymbolTable::LowerBound(std::string_view text) const {
  if (count_ == 0) return 0;
  // The last block whose first string is less than `text` holds the bound, or the next one begins
  // with it. The first string of a block shares nothing, so it is compared where it stands.
  uint32_t low = 0;
  uint32_t high = block_count();
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    ByteReader reader(BlockBytes(middle));
    std::string_view first;
    if (!reader.SizedBytes(&first)) return DamagedError(middle * kSymbolBlockStrings);
    (first < text ? low : high) = middle;
  }
  const uint32_t block_end = std::min(count_, (low + 1) * kSymbolBlockStrings);
  SymbolCursor cursor(*this);
  for (uint32_t rank = low * kSymbolBlockStrings; rank < block_end; ++rank) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(rank));
    if (cursor.text() >= text) return rank;
  }
  return block_end;
}

absl::StatusOr<std::optional<uint32_t>> SymbolTable::Find(std::string_view text) const {
  VARVE_ASSIGN_OR_RETURN(const uint32_t rank, LowerBound(text));
  if (rank == count_) return std::nullopt;
  SymbolCursor cursor(*this);
  VARVE_RETURN_IF_ERROR(cursor.Seek(rank));
  if (cursor.text() != text) return std::nullopt;
  return rank;
}

absl::Status SymbolCursor::Seek(uint32_t rank) {
  if (rank >= table_.size()) return DamagedError(rank);
  if (next_ == rank + 1) {
    shared_ = text_.size();
    return absl::OkStatus();
  }
  const uint32_t block = rank / kSymbolBlockStrings;
  if (next_ > rank || next_ / kSymbolBlockStrings != block) {
    rest_ = table_.BlockBytes(block);
    next_ = block * kSymbolBlockStrings;
  }
  if (StepTo(rank)) return absl::OkStatus();
  next_ = UINT32_MAX;
  return DamagedError(rank);
}

bool SymbolCursor::StepTo(uint32_t rank) {
  ByteReader reader(rest_);
  shared_ = text_.size();
  for (; next_ <= rank; ++next_) {
    uint64_t shared = 0;
    std::string_view suffix;
    if (next_ % kSymbolBlockStrings != 0 && !reader.VarintUpTo(text_.size(), &shared)) return false;
    if (!reader.SizedBytes(&suffix)) return false;
    text_.resize(shared);
    text_.append(suffix);
    shared_ = std::min<size_t>(shared_, shared);
  }
  rest_ = reader.rest();
  return true;
}

void SymbolTableWriter::Add(std::string_view text) {
  assert(count_ == 0 || previous_ < text);
  ByteWriter writer(&data_);
  size_t shared = 0;
  if (count_ % kSymbolBlockStrings == 0) {
    if (count_ > 0) block_offsets_.push_back(static_cast<uint32_t>(data_.size()));
  } else {
    const size_t shorter = std::min(previous_.size(), text.size());
    while (shared < shorter && previous_[shared] == text[shared]) ++shared;
    writer.Varint(shared);
  }
  writer.SizedBytes(text.substr(shared));
  previous_.assign(text);
  ++count_;
}

void SymbolTableWriter::Finish(std::string* out) const {
  ByteWriter writer(out);
  writer.Varint(count_);
  for (const uint32_t offset : block_offsets_) writer.U32(offset);
  writer.Bytes(data_);
}

}  // namespace varve::storage
