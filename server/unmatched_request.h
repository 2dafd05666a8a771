// What is answered to a request that no route takes: a redirect to the path that was meant, 404,
// 405, or what an OPTIONS asks for.
//
// Threads:  functions without state.
// Source:   Go's http.ServeMux and Prometheus 3.5, whose answers clients know; compared by
//           tests/http/prometheus_edges_test.py.
#ifndef SERVER_UNMATCHED_REQUEST_H_
#define SERVER_UNMATCHED_REQUEST_H_

#include <string>
#include <string_view>

#include "server/http/http_message.h"
#include "server/router.h"

namespace varve::server {

// `path`, as it was sent, without empty, `.` and `..` segments, as a data source whose URL ends in
// a slash sends them: //api/v1/labels is /api/v1/labels. Begins with exactly one slash, and what a
// browser could take for the name of another host is escaped.
std::string CleanPath(std::string_view path);

// The answer to a request for which `match` has no route.
HttpResponse AnswerUnmatched(const Router& router, const HttpRequest& request,
                             const Router::Match& match);

}  // namespace varve::server

#endif  // SERVER_UNMATCHED_REQUEST_H_
