#include "server/remote_read_message.h"

#include <snappy.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/remote_read/protobuf_writer.h"
#include "server/remote_read/read_response.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::StrCat;

// What the connection sends at once.
constexpr size_t kPieceBytes = 1 << 20;
// An answer up to this is not read twice.
constexpr size_t kKeptBytesMax = 4 << 20;
// Snappy's length is a number of 32 bits.
constexpr uint64_t kMessageBytesMax = UINT32_MAX;
constexpr size_t kFragmentBytes = 64 << 10;

}  // namespace

RemoteReadMessage::RemoteReadMessage(ApiContext* context, const ReadRequest& request,
                                     std::shared_ptr<std::atomic<bool>> cancelled,
                                     std::unique_ptr<ReadSlot> slot)
    : context_(context),
      cancelled_(std::move(cancelled)),
      slot_(std::move(slot)),
      recorder_(context, "remote_read"),
      query_(SlowReaderLimits(context->options->query), context->workers, cancelled_.get()),
      querier_(context->database->NewQuerier()) {
  for (const ReadQuery& query : request.queries) results_.emplace_back().query = query;
}

RemoteReadMessage::~RemoteReadMessage() {
  if (status_.ok() && !ended_) status_ = absl::CancelledError("the client left");
  recorder_.Record(status_, &query_);
}

absl::Status RemoteReadMessage::Measure() {
  for (Result& result : results_) {
    status_ = MeasureResult(&result);
    if (!status_.ok()) return status_;
  }
  // What is whole has been kept.
  made_ = message_bytes_ <= kKeptBytesMax;
  if (!made_) plain_ = {};
  return absl::OkStatus();
}

absl::Status RemoteReadMessage::MeasureResult(Result* result) {
  std::string message;  // of the result, while all of the answer is short
  if (!result->query.range_ms.empty()) {
    // The time limit is for this reading; the second one goes as fast as the client takes it.
    query::QueryContext measuring(context_->options->query, nullptr, cancelled_.get());
    VARVE_RETURN_IF_ERROR(measuring.CheckAlive());
    VARVE_ASSIGN_OR_RETURN(result->selection,
                           querier_->SelectMetrics(result->query.matchers, result->query.range_ms));
    VARVE_RETURN_IF_ERROR(query_.ChargeSeries(result->selection->size()));
    const uint64_t samples_max = context_->options->remote_read_samples_max;
    std::string series;
    for (size_t i = 0; i < result->selection->size(); ++i) {
      VARVE_RETURN_IF_ERROR(measuring.CheckAlive());
      VARVE_RETURN_IF_ERROR(result->selection->Read(i, result->query.range_ms, &columns_));
      const size_t samples = columns_.values.size() + columns_.histograms.size();
      if (samples == 0) continue;
      samples_ += samples;
      query_.stats().samples.fetch_add(samples, std::memory_order_relaxed);
      if (samples_max > 0 && samples_ > samples_max) {
        return absl::InvalidArgumentError(StrCat("exceeded sample limit (", samples_max, ")"));
      }
      series.clear();
      AppendReadSeries(result->selection->labels(i), columns_, &series);
      result->bytes += series.size();
      if (message_bytes_ + result->bytes <= kKeptBytesMax) message += series;
    }
  }
  std::string head;
  AppendReadResultHead(result->bytes, &head);
  message_bytes_ += head.size() + result->bytes;
  if (message_bytes_ > kMessageBytesMax) {
    return absl::InvalidArgumentError(
        StrCat("cannot answer remote read: more than ", kMessageBytesMax,
               " bytes, want fewer series, a shorter range or the streamed answer"));
  }
  if (message_bytes_ <= kKeptBytesMax) plain_ += head + message;
  return absl::OkStatus();
}

absl::Status RemoteReadMessage::Next(std::string* piece) {
  piece->clear();
  if (status_.ok()) status_ = Fill(piece);
  return status_;
}

absl::Status RemoteReadMessage::Fill(std::string* piece) {
  if (!begun_) AppendUvarint(message_bytes_, piece);
  begun_ = true;
  while (!ended_ && piece->size() < kPieceBytes) {
    VARVE_RETURN_IF_ERROR(query_.CheckAlive());
    if (!made_) VARVE_RETURN_IF_ERROR(MakeSeries());
    Compress(made_, piece);
    ended_ = made_;
  }
  return absl::OkStatus();
}

absl::Status RemoteReadMessage::MakeSeries() {
  if (result_ == results_.size()) {
    made_ = true;
    return absl::OkStatus();
  }
  Result& result = results_[result_];
  if (series_ == 0) AppendReadResultHead(result.bytes, &plain_);
  if (result.selection == nullptr || series_ == result.selection->size()) {
    result.selection = nullptr;
    ++result_;
    series_ = 0;
    return absl::OkStatus();
  }
  VARVE_RETURN_IF_ERROR(result.selection->Read(series_, result.query.range_ms, &columns_));
  if (!columns_.values.empty() || !columns_.histograms.empty()) {
    AppendReadSeries(result.selection->labels(series_), columns_, &plain_);
  }
  ++series_;
  return absl::OkStatus();
}

void RemoteReadMessage::Compress(bool is_rest, std::string* piece) {
  std::string fragment;
  while (plain_.size() - compressed_bytes_ >= (is_rest ? 1 : kFragmentBytes)) {
    const size_t bytes = std::min(plain_.size() - compressed_bytes_, kFragmentBytes);
    snappy::Compress(plain_.data() + compressed_bytes_, bytes, &fragment);
    // Without its own length, which is that of the whole message.
    size_t length_bytes = 1;
    while ((fragment[length_bytes - 1] & 0x80) != 0) ++length_bytes;
    piece->append(fragment, length_bytes);
    compressed_bytes_ += bytes;
  }
  plain_.erase(0, compressed_bytes_);
  compressed_bytes_ = 0;
}

}  // namespace varve::server
