// WriteInPieces: a long list of values as JSON, written by the threads of a query.
//
// Threads:  one thread calls; `write` runs on several at once.
#ifndef SERVER_JSON_PIECES_H_
#define SERVER_JSON_PIECES_H_

#include <cstddef>
#include <functional>
#include <vector>

#include "query/engine/query_context.h"
#include "server/json_writer.h"

namespace varve::server {

// Appends the values [begin, end), which are not none, to a writer, with commas between them.
using WriteValues = std::function<void(size_t begin, size_t end, JsonWriter* json)>;

// Writes `ends.back()` values inside an array that is open: those up to each end are a piece. A
// `query` of nullptr: by this thread alone.
void WriteInPieces(const std::vector<size_t>& ends, query::QueryContext* query, JsonWriter* json,
                   const WriteValues& write);
// The same in pieces of one size, at most `per_piece`.
void WriteInPieces(size_t count, size_t per_piece, query::QueryContext* query, JsonWriter* json,
                   const WriteValues& write);

}  // namespace varve::server

#endif  // SERVER_JSON_PIECES_H_
