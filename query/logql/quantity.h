// Durations and byte sizes: as literals of a query and as values of labels.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT with the text Go's standard library gives, because it becomes the
//           label __error_details__.
#ifndef QUERY_LOGQL_QUANTITY_H_
#define QUERY_LOGQL_QUANTITY_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace varve::query {

// A duration literal of a query, in nanoseconds: units ns us µs ms s m h d w y, largest first or
// not; nullopt where the text is none.
std::optional<int64_t> ParseQueryDuration(std::string_view text);

// A value: what time.ParseDuration takes. `took="1h30m"`.
absl::StatusOr<int64_t> ParseDurationValue(std::string_view text);
// A value: what humanize.ParseBytes takes. `size="2.5 MiB"`, units in any case.
absl::StatusOr<uint64_t> ParseBytesValue(std::string_view text);
// A value: what strconv.ParseFloat takes.
absl::StatusOr<double> ParseFloatValue(std::string_view text);

}  // namespace varve::query

#endif  // QUERY_LOGQL_QUANTITY_H_
