// LogExportPage: one page of an export of log entries.
//
// Threads:  one-thread.
// Errors:   those of the query's limits and of the storage.
#ifndef SERVER_LOG_EXPORT_PAGE_H_
#define SERVER_LOG_EXPORT_PAGE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "query/engine/query_context.h"
#include "server/log_export_api.h"

namespace varve::server {

// `2026-11-21T10:00:00.5Z`, with as many digits as needed.
class ExportTimestamp {
 public:
  std::string_view Text(int64_t time_ns);

 private:
  int64_t second_ = INT64_MIN;
  std::string text_;  // up to the second, then what was added
  size_t second_bytes_ = 0;
};

// Appends entries from `place` on to `*out`, and `*place` is where the next page begins. `*more` is
// false at the end.
absl::Status ExportLogPage(const storage::LogSelection& selection, storage::TimeRange range_ns,
                           size_t page_bytes, query::QueryContext* query, LogExportPlace* place,
                           bool* more, std::string* out);

}  // namespace varve::server

#endif  // SERVER_LOG_EXPORT_PAGE_H_
