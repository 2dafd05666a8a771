// Where a text can stand in the lines of a template, told from the template alone.
//
// Threads:  free functions; the memory of results is per thread.
// Owns:     nothing.
// Errors:   none.
#ifndef STORAGE_LOGS_TEMPLATE_MATCH_H_
#define STORAGE_LOGS_TEMPLATE_MATCH_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "storage/logs/line_search.h"
#include "storage/logs/log_template_table.h"

namespace varve::storage {

using ByteSet = std::bitset<256>;

struct TemplateMatch {
  bool every_line = false;  // the text stands in the fixed part
  // Otherwise, lines may have the text
  bool across = false;          // over the border of a slot: the line has to be looked at
  std::vector<uint32_t> slots;  // or within the value of one of these slots

  bool no_line() const { return !every_line && !across && slots.empty(); }
};

// REQUIRES: the needle is not empty. `held`, where it is known, has the bytes that values of each
// slot may have; else the slots' types say it.
TemplateMatch MatchTemplate(const LogTemplate& log_template, const LineSearch& needle,
                            std::span<const ByteSet> held = {});

// MatchTemplate of template `id` of `table`, remembered: a query asks the same of every block.
// Valid until the thread's next call with another needle or table.
const TemplateMatch& CachedTemplateMatch(const LogTemplateTable& table, uint32_t id,
                                         const LineSearch& needle);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_TEMPLATE_MATCH_H_
