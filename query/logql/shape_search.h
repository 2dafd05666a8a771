// FindInEveryLine: where a text first stands in the lines of one shape, whatever is in their slots.
//
// Threads:  a function without state.
// Errors:   none: what is not known for all lines is kUnknown.
#ifndef QUERY_LOGQL_SHAPE_SEARCH_H_
#define QUERY_LOGQL_SHAPE_SEARCH_H_

#include <cstddef>
#include <string_view>

#include "storage/model/line_shape.h"

namespace varve::query {

enum class ShapePlace {
  kFound,    // in every line, at one place of the fixed text, and nowhere before it
  kAbsent,   // in no line
  kUnknown,  // it depends on what is in the slots
};

// Looks for `text`, which is not empty, in shape.text from `from` on; `*at` is its place there.
ShapePlace FindInEveryLine(const storage::LineShape& shape, size_t from, std::string_view text,
                           size_t* at);

// Whether every line begins with `text` (kFound), or none does.
ShapePlace EveryLineBeginsWith(const storage::LineShape& shape, std::string_view text);

}  // namespace varve::query

#endif  // QUERY_LOGQL_SHAPE_SEARCH_H_
