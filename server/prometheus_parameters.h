// The parameters of the Prometheus API as Prometheus reads them, and its words for wrong ones.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT, `invalid parameter "start": cannot parse ...`.
#ifndef SERVER_PROMETHEUS_PARAMETERS_H_
#define SERVER_PROMETHEUS_PARAMETERS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/engine/step_vector.h"
#include "server/http/query_parameters.h"
#include "storage/model/matcher.h"
#include "storage/model/time_range.h"

namespace varve::server {

// Seconds with a fraction, or RFC 3339; in milliseconds.
absl::StatusOr<int64_t> ParsePromTimeMs(std::string_view text);

// The same from a parameter, with its name in the error; `fallback_ms` where it is absent.
absl::StatusOr<int64_t> TimeParameterMs(const QueryParameters& parameters, std::string_view name,
                                        int64_t fallback_ms);
// start and end, both included; everything where they are absent.
absl::StatusOr<storage::TimeRange> RangeParameterMs(const QueryParameters& parameters);
// A whole number of at most `bits` bits as Go reads it; the error is Go's, of its `function`, as in
// `strconv.Atoi: parsing "x": invalid syntax`.
absl::StatusOr<int64_t> ParseGoInteger(std::string_view text, int bits, std::string_view function);
// INVALID_ARGUMENT where parameters could not be read and were left out, for the endpoints that
// refuse them.
absl::Status CheckForm(const QueryParameters& parameters);
// 0: no limit.
absl::StatusOr<uint64_t> LimitParameter(const QueryParameters& parameters);
// start, end and step of a range query, which has at most `points_max` steps between its ends.
absl::StatusOr<query::StepGrid> GridParameters(const QueryParameters& parameters,
                                               uint64_t points_max);
// `true`, `1`, `F` and so on; `fallback` where it is absent. The error is that of Go's parser.
absl::StatusOr<bool> BoolParameter(const QueryParameters& parameters, std::string_view name,
                                   bool fallback);
// `limits` with the timeout and lookback_delta of this request; no timeout exceeds the server's.
absl::StatusOr<query::QueryLimits> LimitsFor(const QueryParameters& parameters,
                                             const query::QueryLimits& limits);

// The selectors of match[]; each must have a matcher that does not match the empty string. Errors
// do not name the parameter: in Prometheus only some answers do.
using Selectors = std::vector<std::vector<storage::Matcher>>;
absl::StatusOr<Selectors> SelectorParameters(const QueryParameters& parameters);

// INVALID_ARGUMENT for an empty name and for one that is not UTF-8.
absl::Status CheckLabelName(std::string_view name);
// The label a path names: U__my_2e_label is my.label; other names stay.
std::string UnescapeLabelName(std::string_view name);

// `error` with `invalid parameter "name": ` in front.
absl::Status InvalidParameter(std::string_view name, std::string_view error);

}  // namespace varve::server

#endif  // SERVER_PROMETHEUS_PARAMETERS_H_
