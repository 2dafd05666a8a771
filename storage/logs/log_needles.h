// LogNeedles: what a read asks of lines, prepared once per query for filters and for searching.
//
// Threads:  immutable; any number of threads may use one.
// Owns:     copies of the literals.
// Errors:   DATA_LOSS for damage in what is searched.
#ifndef STORAGE_LOGS_LOG_NEEDLES_H_
#define STORAGE_LOGS_LOG_NEEDLES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/logs/line_search.h"
#include "storage/logs/template_decoder.h"
#include "storage/logs/token_filter.h"
#include "storage/querier.h"

namespace varve::storage {

class LogNeedles {
 public:
  LogNeedles() = default;
  // The conditions of `options`, on lines (must_contain is some, too) and on metadata.
  explicit LogNeedles(const LogReadOptions& options);

  // Nothing is asked of lines: every line passes.
  bool empty() const { return conditions_.empty(); }
  bool ask_metadata() const { return !metadata_.empty(); }
  bool ask_anything() const { return !empty() || ask_metadata(); }
  bool MetadataMatches(LabelSetView metadata) const;
  // False when no line of the block with this filter can meet all conditions.
  bool BlockMayMatch(std::string_view filter) const;
  bool LineMatches(std::string_view line) const;
  // Appends the indices of the lines that meet all conditions; see LineSearch::FindLines.
  void FindLines(std::string_view text, std::span<const uint32_t> offsets,
                 std::vector<uint32_t>* lines) const;
  // Replaces *mask: 1 for each row whose line meets all conditions.
  absl::Status FindRows(TemplateDecoder* block, std::vector<uint8_t>* mask) const;

 private:
  // The line contains one of some literals, or none of them.
  struct Condition {
    std::vector<LineSearch> any_of;
    std::vector<TokenQuery> queries;  // of each literal; none where filters cannot tell
    bool negative = false;

    bool Holds(std::string_view line) const;
  };

  void Add(const LineCondition& from);

  std::vector<Condition> conditions_;  // the most selective first
  std::vector<MetadataCondition> metadata_;
  TokenQuery metadata_query_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_NEEDLES_H_
