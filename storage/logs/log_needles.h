// LogNeedles: the literals every wanted line contains, prepared once per query for filters and for
// searching.
//
// Threads:  immutable; any number of threads may use one.
// Owns:     copies of the literals.
// Errors:   none.
#ifndef STORAGE_LOGS_LOG_NEEDLES_H_
#define STORAGE_LOGS_LOG_NEEDLES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/logs/line_search.h"
#include "storage/logs/token_filter.h"

namespace varve::storage {

class LogNeedles {
 public:
  explicit LogNeedles(const std::vector<std::string>& must_contain);

  // Nothing is asked for: every line passes.
  bool empty() const { return searches_.empty(); }
  // False when no line of the block with this filter contains all literals.
  bool BlockMayMatch(std::string_view filter) const { return query_.MayMatch(filter); }
  bool LineMatches(std::string_view line) const;
  // Appends the indices of the lines that contain all literals; see LineSearch::FindLines.
  void FindLines(std::string_view text, std::span<const uint32_t> offsets,
                 std::vector<uint32_t>* lines) const;

 private:
  std::vector<LineSearch> searches_;  // the longest first: it is the least likely to be found
  TokenQuery query_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_NEEDLES_H_
