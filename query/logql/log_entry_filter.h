// CompileLogEntryFilter: makes of a log query the filter that a delete uses: it matches the entries
// that the query's stages let pass.
//
// Threads:  the filter is immutable.
// Errors:   INVALID_ARGUMENT, in Loki's words, for what does not parse or is no log query.
#ifndef QUERY_LOGQL_LOG_ENTRY_FILTER_H_
#define QUERY_LOGQL_LOG_ENTRY_FILTER_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "storage/entry_filter.h"

namespace varve::query {

// Of the selector only that there is one counts: who asks has matched the stream.
absl::StatusOr<storage::EntryFilterPtr> CompileLogEntryFilter(std::string_view query);

}  // namespace varve::query

#endif  // QUERY_LOGQL_LOG_ENTRY_FILTER_H_
