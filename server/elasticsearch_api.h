// The bulk API of Elasticsearch under /insert/elasticsearch, which Filebeat, Logstash, Vector and
// Fluent Bit write to.
//
// Which fields are what is said as json_lines_api.h has it. Each document has an item in the
// answer: 201 means stored and durable, 400 that it will never be taken (what it is, or a limit
// that it breaks), 429 that there are too many streams now. Where nothing of a request could be
// stored, the answer is an error as a whole.
//
// Threads:  AddElasticsearchRoutes runs before the server; `context` outlives the router.
// Source:   Elasticsearch documentation, "Bulk API".
#ifndef SERVER_ELASTICSEARCH_API_H_
#define SERVER_ELASTICSEARCH_API_H_

#include <string_view>

#include "server/api_context.h"
#include "server/router.h"

namespace varve::server {

inline constexpr std::string_view kElasticsearchPath = "/insert/elasticsearch";

void AddElasticsearchRoutes(ApiContext* context, Router* router);

}  // namespace varve::server

#endif  // SERVER_ELASTICSEARCH_API_H_
