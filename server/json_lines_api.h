// Log lines as JSON over HTTP: POST /insert/jsonline as VictoriaLogs takes it.
//
// Which fields are what is said by `_stream_fields`, `_msg_field`, `_time_field`, `ignore_fields`
// and `extra_fields` in the URL, or by the headers VL-Stream-Fields and so on.
//
// 204 means stored and durable. Lines that cannot be used are answered 400 with their numbers, and
// the others are stored.
//
// Threads:  AddJsonLinesRoutes runs before the server; `context` outlives the router.
#ifndef SERVER_JSON_LINES_API_H_
#define SERVER_JSON_LINES_API_H_

#include <string_view>

#include "server/api_context.h"
#include "server/router.h"

namespace varve::server {

inline constexpr std::string_view kJsonLinesPath = "/insert/jsonline";

void AddJsonLinesRoutes(ApiContext* context, Router* router);

}  // namespace varve::server

#endif  // SERVER_JSON_LINES_API_H_
