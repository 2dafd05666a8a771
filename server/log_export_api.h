// GET /api/v1/export/logs: the entries of streams as JSON lines, every byte of them, page by page.
//
//   {"timestamp":"2026-11-21T10:00:00.5Z","labels":{"app":"a"},"metadata":{"id":"7"},"line":"text"}
//   {"next":"..."}
//
// A line that is not UTF-8 stands in "line_base64" instead. `query` is a selector, `start` and
// `end` are as everywhere; stream after stream, each in the order of time. A page ends at about
// eight megabytes; its last line then has what the parameter `page` of the next request is. What is
// written meanwhile behind the place a page begins at is in it.
//
// Threads:  AddLogExportRoutes runs before the server; `context` outlives the router.
#ifndef SERVER_LOG_EXPORT_API_H_
#define SERVER_LOG_EXPORT_API_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/api_context.h"
#include "server/router.h"
#include "storage/model/label_set.h"
#include "storage/querier.h"

namespace varve::server {

inline constexpr std::string_view kLogExportPath = "/api/v1/export/logs";
inline constexpr size_t kLogExportPageBytes = 8 << 20;

void AddLogExportRoutes(ApiContext* context, Router* router);

// Where a page begins: behind so many entries of one timestamp of a stream.
struct LogExportPlace {
  storage::LabelSet stream;  // empty: at the beginning
  int64_t timestamp_ns = 0;
  uint64_t skipped = 0;
};
std::string FormatExportPlace(const LogExportPlace& place);
absl::Status ParseExportPlace(std::string_view text, LogExportPlace* place);

}  // namespace varve::server

#endif  // SERVER_LOG_EXPORT_API_H_
