// Sizes and times as people and clients write them in flags and parameters. Durations are in
// query/promql/duration_text.h.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT naming the text.
#ifndef SERVER_QUANTITY_TEXT_H_
#define SERVER_QUANTITY_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace varve::server {

// 512MB, 1GiB, 100: powers of 1024, as Prometheus's retention flag counts them.
absl::StatusOr<uint64_t> ParseByteSize(std::string_view text);
// 512MiB, 1KiB512B, 0B: as Prometheus prints sizes.
std::string ByteSizeText(uint64_t bytes);
// 2026-11-21T05:29:34.123456789Z, or with an offset. In nanoseconds: only the years 1678 to 2261.
std::optional<int64_t> ParseRfc3339Ns(std::string_view text);
std::optional<int64_t> ParseRfc3339Ms(std::string_view text);

}  // namespace varve::server

#endif  // SERVER_QUANTITY_TEXT_H_
