// TemplateEncoder writes the lines of a block as templates and columns of what differs (message
// encoding kTemplates): Split does all but compress the strings, which takes the longest and is in
// vain where the lines have little in common.
//
// Threads:  thread-compatible. One encoder is used for many blocks of a part.
// Owns:     nothing of the table, which gets the templates that are new.
// Errors:   none.
// Format:   storage/docs/log_part_format.md, section "Messages as templates"
#ifndef STORAGE_LOGS_TEMPLATE_ENCODER_H_
#define STORAGE_LOGS_TEMPLATE_ENCODER_H_

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/logs/line_lexer.h"
#include "storage/logs/log_template_table.h"
#include "storage/model/text.h"

namespace varve::storage {

class TemplateEncoder {
 public:
  explicit TemplateEncoder(LogTemplateTable* table)
      : table_(table), whole_line_(table->Intern(kWholeLinePattern).value_or(0)) {}

  const LogTemplateTable& table() const { return *table_; }

  // Splits the lines messages[offsets[i], offsets[i + 1]). `timestamps_ns` are theirs. `messages`
  // must outlive Finish.
  void Split(std::string_view messages, std::span<const uint32_t> offsets,
             std::span<const int64_t> timestamps_ns);
  // What Finish returns holds so many bytes and the heap, compressed.
  size_t column_bytes() const { return group_.size(); }
  const std::string& heap() const { return heap_; }
  // The message group of the lines that were split. Once per Split.
  std::string Finish();

 private:
  struct Row {
    uint32_t group = 0;         // in groups_, later in templates_
    uint32_t values_begin = 0;  // in values_
    uint32_t values_end = 0;
  };
  // Lines of one pattern.
  struct Group {
    std::string_view pattern;
    uint32_t rows = 0;
  };

  void Clear();
  uint32_t GroupOf(std::string_view pattern);
  void SplitRow(std::string_view line, WordMode words, Row* row);
  // Gives lines whose pattern is rare another one: with words as slots, or none at all.
  void GeneralizeRareRows(std::string_view messages, std::span<const uint32_t> offsets);
  // Turns slots of a group back into text where all its rows have the same value.
  void FixConstantWords(const std::vector<uint32_t>& rows);
  void MakeWholeLine(std::string_view line, Row* row);
  bool IsRare(const Group& group) const;
  // Interns the patterns; the most frequent template comes first.
  void NumberTemplates(std::string_view messages, std::span<const uint32_t> offsets);
  void FillColumns(std::span<const int64_t> timestamps_ns);

  struct Column {
    SlotType type = SlotType::kString;
    std::vector<std::string_view> values;
    std::vector<int64_t> timestamps_ns;
  };

  LogTemplateTable* const table_;
  const uint32_t whole_line_;  // where the table is full, lines are stored whole
  LineLexer lexer_;
  std::deque<std::string> patterns_;
  std::vector<Group> groups_;
  StringViewMap<uint32_t> group_ids_;
  std::vector<Row> rows_;
  std::vector<std::string_view> values_;

  std::vector<uint32_t> template_ids_;   // of the block's templates in table_
  std::vector<uint32_t> row_templates_;  // index into template_ids_
  std::vector<Column> columns_;          // the first column_count_ are in use
  size_t column_count_ = 0;

  std::string group_;  // without the heap
  std::string heap_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_TEMPLATE_ENCODER_H_
