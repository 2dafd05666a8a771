#include "server/remote_read_stream.h"

#include <algorithm>
#include <utility>

#include "storage/status_macros.h"

namespace varve::server {
namespace {

// What the connection sends at once.
constexpr size_t kPieceBytes = kReadFrameBytesMax;
constexpr int64_t kSlowReaderTimeoutMs = 30 * storage::kMillisecondsPerDay;

}  // namespace

query::QueryLimits SlowReaderLimits(query::QueryLimits limits) {
  limits.timeout_ms = kSlowReaderTimeoutMs;
  return limits;
}

RemoteReadStream::RemoteReadStream(ApiContext* context, ReadRequest request,
                                   std::shared_ptr<std::atomic<bool>> cancelled,
                                   std::unique_ptr<ReadSlot> slot)
    : context_(context),
      request_(std::move(request)),
      cancelled_(std::move(cancelled)),
      slot_(std::move(slot)),
      recorder_(context, "remote_read"),
      query_(SlowReaderLimits(context->options->query), context->workers, cancelled_.get()),
      querier_(context->database->NewQuerier()) {}

RemoteReadStream::~RemoteReadStream() {
  if (status_.ok() && !ended_) status_ = absl::CancelledError("the client left");
  recorder_.Record(status_, &query_);
}

absl::Status RemoteReadStream::Next(std::string* piece) {
  piece->clear();
  if (status_.ok()) status_ = Fill(piece);
  return status_;
}

absl::Status RemoteReadStream::Fill(std::string* piece) {
  while (!ended_ && piece->size() < kPieceBytes) {
    VARVE_RETURN_IF_ERROR(query_.CheckAlive());
    if (selection_ == nullptr) {
      VARVE_RETURN_IF_ERROR(BeginQuery());
    } else if (series_ == selection_->size()) {
      selection_ = nullptr;
    } else {
      VARVE_RETURN_IF_ERROR(Step(piece));
    }
  }
  return absl::OkStatus();
}

absl::Status RemoteReadStream::BeginQuery() {
  if (next_query_ == request_.queries.size()) {
    ended_ = true;
    return absl::OkStatus();
  }
  const ReadQuery& wanted = request_.queries[next_query_++];
  if (wanted.range_ms.empty()) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(selection_, querier_->SelectMetrics(wanted.matchers, wanted.range_ms));
  VARVE_RETURN_IF_ERROR(query_.ChargeSeries(selection_->size()));
  // After the selection was made, so that what it has lies in it.
  const storage::StorageStats stats = context_->database->Stats();
  range_ms_ = wanted.range_ms.Intersect(
      storage::TimeRange::Inclusive(stats.metrics_min_time_ms, stats.metrics_max_time_ms));
  series_ = range_ms_.empty() ? selection_->size() : 0;
  next_day_begin_ms_ = range_ms_.begin;
  return absl::OkStatus();
}

absl::Status RemoteReadStream::Step(std::string* piece) {
  if (next_day_begin_ms_ == range_ms_.begin) {
    frames_.Begin(selection_->labels(series_), static_cast<int64_t>(next_query_) - 1);
  }
  // Whole days of UTC, which is how parts are cut.
  const int64_t day = storage::FloorDivide(next_day_begin_ms_, storage::kMillisecondsPerDay);
  const int64_t end_ms = std::min(range_ms_.end, (day + 1) * storage::kMillisecondsPerDay);
  VARVE_RETURN_IF_ERROR(selection_->Read(series_, {next_day_begin_ms_, end_ms}, &columns_));
  query_.stats().samples.fetch_add(columns_.values.size() + columns_.histograms.size(),
                                   std::memory_order_relaxed);
  frames_.Add(columns_, piece);
  next_day_begin_ms_ = end_ms;
  if (end_ms < range_ms_.end) return absl::OkStatus();
  frames_.End(piece);
  next_day_begin_ms_ = range_ms_.begin;
  ++series_;
  return absl::OkStatus();
}

}  // namespace varve::server
