#include "query/promql/position_range.h"

#include "storage/model/text.h"

namespace varve::query {

std::string PositionText(std::string_view text, size_t offset) {
  if (offset > text.size()) return "invalid position";
  size_t line = 1;
  size_t line_begin = 0;
  for (size_t i = 0; i < offset; ++i) {
    if (text[i] != '\n') continue;
    ++line;
    line_begin = i + 1;
  }
  return storage::StrCat(line, ":", offset - line_begin + 1);
}

}  // namespace varve::query
