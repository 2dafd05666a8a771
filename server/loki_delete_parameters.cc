#include "server/loki_delete_parameters.h"

#include <charconv>
#include <optional>
#include <utility>
#include <variant>

#include "query/engine/number_format.h"
#include "query/logql/log_entry_filter.h"
#include "query/logql/parser.h"
#include "query/logql/quantity.h"
#include "server/quantity_text.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::StrCat;

// More digits are no seconds: a time in other units would delete what nobody meant.
constexpr size_t kSecondsDigitsMax = 10;

// Whole seconds since the epoch, or RFC 3339.
absl::StatusOr<int64_t> TimeNs(std::string_view text, std::string_view what) {
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size() &&
      text.size() <= kSecondsDigitsMax) {
    return seconds * storage::kNanosecondsPerSecond;
  }
  if (const std::optional<int64_t> time_ns = ParseRfc3339Ns(text)) return *time_ns;
  return absl::InvalidArgumentError(
      StrCat("invalid ", what, " time: require unix seconds or RFC3339 format"));
}

std::string DurationText(int64_t nanoseconds) {
  std::string text;
  query::AppendGoDuration(nanoseconds, &text);
  return text;
}

absl::Status CheckInterval(std::string_view text, int64_t width_ns) {
  if (text.empty()) return absl::OkStatus();
  const absl::StatusOr<int64_t> interval_ns = query::ParseDurationValue(text);
  if (!interval_ns.ok() || *interval_ns < storage::kNanosecondsPerSecond) {
    return absl::InvalidArgumentError("invalid max_interval: valid time units are 's', 'm', 'h'");
  }
  if (*interval_ns > width_ns) {
    return absl::InvalidArgumentError(
        StrCat("max_interval can't be greater than the interval to be deleted (",
               DurationText(width_ns), ")"));
  }
  return absl::OkStatus();
}

absl::Status ReadQuery(std::string_view text, storage::EntryDeletion* deletion) {
  if (text.empty()) return absl::InvalidArgumentError("query not set");
  absl::StatusOr<query::LogqlExpr> parsed = query::ParseLogql(text);
  auto* log = parsed.ok() ? std::get_if<query::LogExpr>(&*parsed) : nullptr;
  const absl::Status invalid = absl::InvalidArgumentError("invalid query expression");
  if (log == nullptr) return invalid;
  if (!log->stages.empty()) {
    if (!query::CompileLogEntryFilter(text).ok()) return invalid;
    deletion->filter = std::string(text);
  }
  deletion->matchers = std::move(log->matchers);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LokiDeleteParameters> ReadLokiDeleteParameters(const QueryParameters& parameters,
                                                              int64_t now_ms) {
  LokiDeleteParameters result;
  result.query = std::string(parameters.Get("query"));
  VARVE_RETURN_IF_ERROR(ReadQuery(result.query, &result.deletion));
  if (parameters.Get("start").empty()) return absl::InvalidArgumentError("start time not set");
  VARVE_ASSIGN_OR_RETURN(result.begin_ns, TimeNs(parameters.Get("start"), "start"));
  const int64_t now_ns = now_ms * storage::kNanosecondsPerMillisecond;
  result.last_ns = now_ns;
  if (const std::string_view end = parameters.Get("end"); !end.empty()) {
    VARVE_ASSIGN_OR_RETURN(result.last_ns, TimeNs(end, "end"));
  }
  if (result.last_ns > now_ns) {
    return absl::InvalidArgumentError("deletes in the future are not allowed");
  }
  if (result.begin_ns > result.last_ns) {
    return absl::InvalidArgumentError("start time can't be greater than end time");
  }
  const int64_t width_ns = result.last_ns - result.begin_ns;
  if (width_ns < storage::kNanosecondsPerSecond) {
    return absl::InvalidArgumentError(
        "difference between start time and end time must be at least one second");
  }
  VARVE_RETURN_IF_ERROR(CheckInterval(parameters.Get("max_interval"), width_ns));
  result.deletion.range_ns = storage::TimeRange::Inclusive(result.begin_ns, result.last_ns);
  return result;
}

}  // namespace varve::server
