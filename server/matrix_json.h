// The series of a range query, or of a range selector, as Prometheus writes them in JSON.
//
// Threads:  one thread calls; it spreads a long answer over those of the query.
#ifndef SERVER_MATRIX_JSON_H_
#define SERVER_MATRIX_JSON_H_

#include "query/engine/query_context.h"
#include "query/result.h"
#include "server/json_writer.h"

namespace varve::server {

// [{"metric":{...},"values":[...]},...]. `query` nullptr: by this thread alone.
void WriteMatrix(const query::MatrixResult& matrix, query::QueryContext* query, JsonWriter* json);

}  // namespace varve::server

#endif  // SERVER_MATRIX_JSON_H_
