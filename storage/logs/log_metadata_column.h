// The structured metadata of a log block: one label set per entry, most of them equal (pod, level)
// or all of them different (trace ids).
//
// Few distinct sets are stored as a dictionary of whole sets; many as one typed column per name, as
// template_column.h has them: identifiers and numbers take what they are worth.
//
// Threads:  thread-compatible.
// Owns:     the builder and the decoded column their bytes.
// Errors:   DATA_LOSS for bytes that are no such column.
// Format:   storage/docs/log_part_format.md, section "Metadata"
#ifndef STORAGE_LOGS_LOG_METADATA_COLUMN_H_
#define STORAGE_LOGS_LOG_METADATA_COLUMN_H_

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/logs/log_columns.h"
#include "storage/model/label_set.h"
#include "storage/model/text.h"

namespace varve::storage {

class ByteReader;

// kNames is what version 1 wrote instead of kTypedNames.
enum class MetadataEncoding : uint8_t { kSets = 1, kNames = 2, kTypedNames = 3 };
// Of kNames.
enum class MetadataValues : uint8_t { kConstant = 0, kDictionary = 1, kPool = 2 };

class LogMetadataBuilder {
 public:
  void Add(LabelSetView metadata);
  // Calls `visit(LabelSetView set)` for each distinct set.
  template <typename Visit>
  void ForEachSet(Visit visit) const {
    for (const std::string& set : sets_) visit(LabelSetView(set));
  }
  // The encoded column, empty where no entry had metadata; starts anew.
  std::string Finish(TextEffort effort = TextEffort::kFast);

 private:
  std::string EncodeSets(TextEffort effort) const;
  std::string EncodeNames(TextEffort effort) const;

  std::deque<std::string> sets_;     // distinct packed sets in order of appearance
  StringViewMap<uint32_t> set_ids_;  // keys lie in sets_
  std::vector<uint32_t> rows_;       // index into sets_
};

// A decoded column. Row i has Get(i).
class LogMetadataColumn {
 public:
  LogMetadataColumn() = default;
  LogMetadataColumn(const LogMetadataColumn&) = delete;  // the views point into text_
  LogMetadataColumn& operator=(const LogMetadataColumn&) = delete;

  // `bytes` as Finish returned them, of `entries` rows.
  absl::Status Decode(std::string_view bytes, size_t entries);

  // Whether a row of the encoded column may have one of `names`; looks at names alone, as far as
  // that is possible.
  static bool MayHaveAny(std::string_view bytes, size_t entries,
                         std::span<const std::string> names);

  // Whether any row has metadata.
  bool any() const { return !rows_.empty(); }
  LabelSetView Get(size_t row) const {
    return rows_.empty() ? LabelSetView() : LabelSetView(sets_[rows_[row]]);
  }

 private:
  absl::Status DecodeSets(ByteReader* reader, size_t entries);
  absl::Status DecodeNames(ByteReader* reader, size_t entries);
  absl::Status DecodeTypedNames(ByteReader* reader, size_t entries);
  // One set per row; views point into text_ when all are there.
  void SetRows(const std::vector<size_t>& ends);

  std::string text_;
  std::vector<std::string_view> sets_;  // packed, in text_
  std::vector<uint32_t> rows_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_METADATA_COLUMN_H_
