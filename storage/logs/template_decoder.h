// TemplateDecoder reads messages that are stored as templates and columns: it finds the lines that
// have a text, mostly without making them, and makes those that are asked for.
//
// Threads:  thread-compatible. One decoder is used for many blocks, to reuse its buffers.
// Owns:     decoded columns, until the next Open.
// Errors:   DATA_LOSS for damage.
// Format:   storage/docs/log_part_format.md, section "Messages as templates"
#ifndef STORAGE_LOGS_TEMPLATE_DECODER_H_
#define STORAGE_LOGS_TEMPLATE_DECODER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/logs/line_search.h"
#include "storage/logs/log_columns.h"
#include "storage/logs/log_template_table.h"
#include "storage/logs/template_column.h"
#include "storage/logs/template_match.h"

namespace varve::storage {

class TemplateDecoder {
 public:
  TemplateDecoder() = default;
  TemplateDecoder(const TemplateDecoder&) = delete;
  TemplateDecoder& operator=(const TemplateDecoder&) = delete;

  // `group` is the message group of a block whose entries have these timestamps. Everything given
  // outlives the use of the block.
  absl::Status Open(std::string_view group, const LogTemplateTable* table,
                    std::span<const int64_t> timestamps_ns);

  size_t entries() const { return row_templates_.size(); }
  // The templates of the block, by their local numbers.
  const LogTemplateTable& table() const { return *table_; }
  const std::vector<uint32_t>& template_ids() const { return template_ids_; }
  const LogTemplate& template_at(uint32_t local) const { return table_->at(template_ids_[local]); }
  uint32_t local_template(size_t row) const { return row_templates_[row]; }
  // The columns of a template's slots. A column has the values of all templates that share it.
  std::span<const uint32_t> ColumnsOf(uint32_t local) const {
    return std::span(slot_columns_)
        .subspan(slots_begin_[local], slots_begin_[local + 1] - slots_begin_[local]);
  }
  size_t column_count() const { return column_count_; }
  const TemplateColumn& column(uint32_t column) const { return columns_[column]; }
  // Makes the values of a column known.
  absl::Status LoadColumn(uint32_t column);
  // The part's id of the template of each row.
  uint32_t template_id(size_t row) const { return template_ids_[row_templates_[row]]; }

  // Makes the lines of `rows` (ascending), not more than `bytes_max` of them: *text gets them one
  // behind the other, *offsets where each begins, and the end.
  absl::Status MakeLines(std::span<const uint32_t> rows, size_t bytes_max, std::string* text,
                         std::vector<uint32_t>* offsets);
  // Sets (*mask)[row] of the rows whose lines contain the needle, which is not empty. `mask` has
  // entries() elements; rows that are set already are not looked at.
  absl::Status Find(const LineSearch& needle, std::vector<uint8_t>* mask);

 private:
  absl::Status OpenTemplates(ByteReader* reader);
  absl::Status OpenColumns(ByteReader* reader);
  absl::Status DecodeColumn(uint32_t column);
  std::vector<int64_t> TimestampsOf(uint32_t column) const;
  using Matches = std::vector<const TemplateMatch*>;  // of the block's templates
  // What a template says with the bytes that its columns have in this block.
  absl::StatusOr<TemplateMatch> Refine(uint32_t local, const LineSearch& needle);
  // Rows whose slots hold the needle.
  absl::Status FindInSlots(const LineSearch& needle, const Matches& matches,
                           std::vector<uint8_t>* mask);
  // Rows that have to be made to be looked at.
  absl::Status FindAcross(const LineSearch& needle, const Matches& matches,
                          std::vector<uint8_t>* mask);

  const LogTemplateTable* table_ = nullptr;
  std::span<const int64_t> timestamps_ns_;

  std::vector<uint32_t> template_ids_;   // of the block's templates in the table
  std::vector<uint32_t> row_templates_;  // index into template_ids_
  std::vector<uint32_t> slot_columns_;   // of all slots of all templates of the block
  std::vector<uint32_t> slots_begin_;    // where those of each template begin, one more
  std::vector<uint32_t> column_of_path_;
  std::vector<TemplateColumn> columns_;
  size_t column_count_ = 0;
  std::vector<uint64_t> heap_begin_;  // of each column
  TextColumn heap_column_;
  bool heap_decoded_ = false;
  std::string heap_scratch_;
  std::string_view heap_;
  std::string across_text_;
  std::vector<std::optional<ByteSet>> held_bytes_;  // of columns, as far as they were asked for
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_TEMPLATE_DECODER_H_
