// TemplateColumn: the values of one path in one block: numbers, addresses, identifiers as what they
// are, the rest as strings; all of them with their exact text.
//
// Encoding looks at the values alone; decoding gives every value's text back, one behind the other,
// so that it can be copied into lines and searched as a whole.
//
// Threads:  thread-compatible.
// Owns:     the decoded texts, except strings, which lie in the block's heap.
// Errors:   DATA_LOSS for bytes that are no such column.
// Format:   storage/docs/log_part_format.md, section "Template columns"
#ifndef STORAGE_LOGS_TEMPLATE_COLUMN_H_
#define STORAGE_LOGS_TEMPLATE_COLUMN_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/logs/line_search.h"
#include "storage/logs/log_template.h"
#include "storage/logs/template_match.h"

namespace varve::storage {

class ByteReader;

// How values are stored. Numbers are never reused.
enum class ColumnKind : uint8_t {
  kStrings = 1,        // lengths; the texts are in the heap
  kIntegers = 2,       // without leading zeros
  kFixedIntegers = 3,  // of one width, with leading zeros
  kWideIntegers = 4,   // each with its own width
  kHexLower = 5,
  kHexUpper = 6,
  kDecimals = 7,
  kClocks = 8,        // seconds of the day
  kClocksBehind = 9,  // seconds between the entry's timestamp and the clock
  kIps = 10,
  kUuids = 11,
};

// Appends the column of `values`, which stand in slots of `type`; strings go to *heap.
// `timestamps_ns` are those of the values' entries.
void AppendTemplateColumn(SlotType type, std::span<const std::string_view> values,
                          std::span<const int64_t> timestamps_ns, std::string* heap,
                          std::string* out);

class TemplateColumn {
 public:
  // Looks at the head: `bytes` is the whole column, `count` the number of its values.
  absl::Status Open(std::string_view bytes, size_t count);
  // What the column has in the heap.
  size_t heap_bytes() const { return heap_bytes_; }
  bool needs_timestamps() const { return kind_ == ColumnKind::kClocksBehind; }
  size_t count() const { return count_; }

  // Decodes what Open was given, but for the numbers of a dictionary. `heap` holds heap_bytes()
  // bytes and outlives the column; `timestamps_ns` are asked for where needs_timestamps().
  absl::Status Decode(std::string_view heap, std::span<const int64_t> timestamps_ns);
  bool decoded() const { return decoded_; }
  // Decodes those too, once. REQUIRES: decoded().
  absl::Status LoadIds();
  // The bytes that values may have: of strings, which have to be decoded, those that they do have.
  bool is_strings() const { return kind_ == ColumnKind::kStrings; }
  // Values are digits and nothing else.
  bool is_integers() const {
    return kind_ == ColumnKind::kIntegers || kind_ == ColumnKind::kFixedIntegers ||
           kind_ == ColumnKind::kWideIntegers;
  }
  ByteSet HeldBytes() const;

  // REQUIRES: LoadIds() succeeded, i < count().
  std::string_view value(size_t i) const {
    const size_t at = id(i);
    return text_.substr(offsets_[at], offsets_[at + 1] - offsets_[at]);
  }
  // Equal values of a dictionary have equal numbers below distinct().
  size_t id(size_t i) const { return ids_.empty() ? i : ids_[i]; }
  size_t distinct() const { return distinct_; }
  // False where no value can be as long; looks at integers without making their texts.
  bool MayHold(size_t text_bytes) const;
  // Sets (*hits)[i] of every value i that contains the needle; leaves *hits empty where there is
  // none. REQUIRES: decoded().
  absl::Status Find(const LineSearch& needle, std::vector<uint8_t>* hits);

 private:
  absl::Status DecodeValues(ByteReader* reader, std::string_view heap,
                            std::span<const int64_t> timestamps_ns);
  absl::Status DecodeNumbers(ByteReader* reader, std::span<const int64_t> timestamps_ns);
  absl::Status DecodeHex(ByteReader* reader);
  absl::Status DecodeUuids(ByteReader* reader);
  void EndValue() { offsets_.push_back(static_cast<uint32_t>(owned_.size())); }

  std::string_view bytes_;  // behind the head
  size_t count_ = 0;
  size_t distinct_ = 0;  // values stored
  bool dictionary_ = false;
  ColumnKind kind_ = ColumnKind::kStrings;
  size_t heap_bytes_ = 0;
  bool decoded_ = false;
  std::string_view id_bytes_;  // behind the values, until LoadIds

  std::string_view text_;
  std::string owned_;
  std::vector<uint32_t> offsets_;  // of the stored values in text_, one more
  std::vector<uint32_t> ids_;      // of a dictionary: the stored value of each value
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_TEMPLATE_COLUMN_H_
