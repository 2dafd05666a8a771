// PositionRange: where in a query's text a piece of it stands, and how messages write that.
//
// Threads:  functions without state.
#ifndef QUERY_PROMQL_POSITION_RANGE_H_
#define QUERY_PROMQL_POSITION_RANGE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace varve::query {

// Bytes [begin, end) of the query's text.
struct PositionRange {
  uint32_t begin = 0;
  uint32_t end = 0;

  friend bool operator==(const PositionRange&, const PositionRange&) = default;
};

// "line:column" of a byte, both from 1; "invalid position" where the text is shorter.
std::string PositionText(std::string_view text, size_t offset);

}  // namespace varve::query

#endif  // QUERY_PROMQL_POSITION_RANGE_H_
