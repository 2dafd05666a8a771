#include "server/http_status.h"

#include <doctest/doctest.h>

namespace varve::server {

TEST_SUITE("server/http_status") {
  TEST_CASE("queries answer Prometheus's codes and error types") {
    using absl::StatusCode;
    const auto is = [](StatusCode code, int status, std::string_view type) {
      const PrometheusError error = ToPrometheusError(code);
      return error.status == status && error.error_type == type;
    };
    CHECK(is(StatusCode::kInvalidArgument, 400, "bad_data"));
    CHECK(is(StatusCode::kFailedPrecondition, 422, "execution"));
    CHECK(is(StatusCode::kResourceExhausted, 422, "execution"));
    CHECK(is(StatusCode::kCancelled, 499, "canceled"));
    CHECK(is(StatusCode::kDeadlineExceeded, 503, "timeout"));
    CHECK(is(StatusCode::kUnavailable, 503, "unavailable"));
    CHECK(is(StatusCode::kNotFound, 404, "not_found"));
    CHECK(is(StatusCode::kInternal, 500, "internal"));
    CHECK(is(StatusCode::kDataLoss, 500, "internal"));
  }

  TEST_CASE("log queries answer Loki's codes") {
    CHECK(ToLokiStatus(absl::StatusCode::kInvalidArgument) == 400);
    CHECK(ToLokiStatus(absl::StatusCode::kResourceExhausted) == 400);
    CHECK(ToLokiStatus(absl::StatusCode::kCancelled) == 499);
    CHECK(ToLokiStatus(absl::StatusCode::kDeadlineExceeded) == 504);
    CHECK(ToLokiStatus(absl::StatusCode::kInternal) == 500);
  }

  TEST_CASE("writes are 400 where sending again is of no use, else 503") {
    CHECK(ToWriteStatus(absl::StatusCode::kInvalidArgument) == 400);
    CHECK(ToWriteStatus(absl::StatusCode::kOutOfRange) == 400);
    CHECK(ToWriteStatus(absl::StatusCode::kUnimplemented) == 415);
    CHECK(ToWriteStatus(absl::StatusCode::kResourceExhausted) == 503);
    CHECK(ToWriteStatus(absl::StatusCode::kUnavailable) == 503);
    CHECK(ToWriteStatus(absl::StatusCode::kAborted) == 429);  // over the ingestion rate
  }
}

}  // namespace varve::server
