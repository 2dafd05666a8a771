// ShortLineMaker makes the short lines that a LineShortener asks for out of a block's templates and
// columns: of the columns that stand in them alone, and equal lines once.
//
// Threads:  thread-compatible. One maker is used for many blocks, to remember what was asked.
// Owns:     the lines it made last.
// Errors:   as TemplateDecoder.
#ifndef STORAGE_LOGS_SHORT_LINE_MAKER_H_
#define STORAGE_LOGS_SHORT_LINE_MAKER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "storage/logs/template_decoder.h"
#include "storage/model/line_shape.h"

namespace varve::storage {

class ShortLineMaker {
 public:
  // In ids(): only the whole line will do.
  static constexpr uint32_t kWholeLine = UINT32_MAX;

  // Makes the short lines of `rows` (ascending) of a block.
  absl::Status Make(TemplateDecoder* block, std::span<const uint32_t> rows,
                    LineShortener* shortener);

  // The line of each row, by its place in lines(), or kWholeLine.
  const std::vector<uint32_t>& ids() const { return ids_; }
  const std::vector<std::string_view>& lines() const { return lines_; }

 private:
  // What the shortener said of a template, whose slots then had these kinds.
  struct Answer {
    std::vector<LineShape::Kind> kinds;
    std::optional<ShortLine> line;
  };
  // The short line of one template of the block.
  struct Plan {
    const ShortLine* line = nullptr;  // nullptr: whole lines
    std::vector<uint32_t> columns;    // of its slots
    // Where few different lines are possible: the number of each, by the numbers of its values.
    std::vector<uint32_t> known;
  };

  // The numbers of a column's values: equal ones of few have equal numbers.
  struct Numbers {
    bool known = false;
    size_t count = 0;           // of different numbers
    std::vector<uint32_t> ids;  // of each value; none: the column's own
  };

  // Numbers the values of a column that has no dictionary, if few are different.
  static void NumberValues(const TemplateColumn& column, Numbers* numbers);
  const ShortLine* AnswerFor(const TemplateDecoder& block, uint32_t local,
                             LineShortener* shortener);
  absl::Status MakePlans(TemplateDecoder* block, std::span<const uint32_t> rows,
                         LineShortener* shortener);
  uint32_t LineOf(const TemplateDecoder& block, Plan* plan);
  void AppendLine(const TemplateDecoder& block, const Plan& plan);

  uint64_t table_serial_ = 0;
  absl::flat_hash_map<uint32_t, Answer> answers_;  // by template id

  std::vector<Plan> plans_;                    // of the block's templates
  std::vector<Numbers> numbers_;               // of the block's columns
  std::vector<std::vector<uint32_t>> walked_;  // columns in which each template steps on
  std::vector<uint32_t> cursors_;              // next value of each column
  std::string text_;
  std::vector<uint32_t> ends_;
  std::vector<std::string_view> lines_;
  std::vector<uint32_t> ids_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_SHORT_LINE_MAKER_H_
