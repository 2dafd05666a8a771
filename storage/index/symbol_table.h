// SymbolTable: strings in increasing order, read straight from the bytes of a section. A string's
// rank is its id.
//
// Strings stand in blocks of 16, each told by what it shares with the one before it, so sorted
// names and values take a fraction of their size, and one is found by a binary search over blocks.
//
// Threads:  a table is an immutable view; a SymbolCursor belongs to one thread.
// Owns:     nothing; the bytes outlive the table.
// Errors:   DATA_LOSS for bytes that are no table. Open looks at the head only; what is damaged
//           behind it is found when it is read.
// Format:   storage/docs/index_format.md, section 1
#ifndef STORAGE_INDEX_SYMBOL_TABLE_H_
#define STORAGE_INDEX_SYMBOL_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace varve::storage {

inline constexpr uint32_t kSymbolBlockStrings = 16;

class SymbolTable {
 public:
  SymbolTable() = default;  // empty
  static absl::StatusOr<SymbolTable> Open(std::string_view bytes);

  uint32_t size() const { return count_; }
  absl::StatusOr<std::string> Get(uint32_t rank) const;
  // The rank of `text`; nullopt where the table lacks it.
  absl::StatusOr<std::optional<uint32_t>> Find(std::string_view text) const;
  // The rank of the first string that is not less than `text`; size() where all are less.
  absl::StatusOr<uint32_t> LowerBound(std::string_view text) const;

 private:
  friend class SymbolCursor;
  uint32_t block_count() const { return (count_ + kSymbolBlockStrings - 1) / kSymbolBlockStrings; }
  // The bytes from the start of a block to the end of the table; empty where that is damaged.
  std::string_view BlockBytes(uint32_t block) const;

  uint32_t count_ = 0;
  std::string_view block_offsets_;  // 4 bytes each, of all blocks but the first
  std::string_view data_;
};

// Walks a table. Moving forward within a block goes on where it was.
class SymbolCursor {
 public:
  explicit SymbolCursor(const SymbolTable& table) : table_(table) {}

  // Moves to `rank`, which must be below the table's size.
  absl::Status Seek(uint32_t rank);
  // REQUIRES: a Seek that succeeded. Valid until the next one.
  std::string_view text() const { return text_; }
  // So many bytes at least it has in common with the one that the cursor stood at before.
  size_t shared() const { return shared_; }

 private:
  bool StepTo(uint32_t rank);

  SymbolTable table_;
  std::string_view rest_;       // behind the current string
  uint32_t next_ = UINT32_MAX;  // rank of the string that `rest_` begins with
  std::string text_;
  size_t shared_ = 0;
};

// Writes a table from strings in strictly increasing order.
class SymbolTableWriter {
 public:
  void Add(std::string_view text);
  uint32_t size() const { return count_; }
  void Finish(std::string* out) const;  // appends

 private:
  uint32_t count_ = 0;
  std::string previous_;
  std::vector<uint32_t> block_offsets_;
  std::string data_;
};

}  // namespace varve::storage

#endif  // STORAGE_INDEX_SYMBOL_TABLE_H_
