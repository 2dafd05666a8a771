// RemoteReadStream: the streamed answer to a remote read, made frame by frame while it is sent.
//
// Threads:  one at a time.
// Owns:     the selection it reads from, its place in it, and less than two frames. A series is
//           decoded a day at a time, so that memory depends on neither the number of series nor
//           their length.
// Errors:   those of reading; CANCELLED when the client has left.
#ifndef SERVER_REMOTE_READ_STREAM_H_
#define SERVER_REMOTE_READ_STREAM_H_

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "query/engine/query_context.h"
#include "server/api_context.h"
#include "server/http/http_message.h"
#include "server/query_recorder.h"
#include "server/remote_read/read_request.h"
#include "server/remote_read/read_response.h"
#include "storage/querier.h"

namespace varve::server {

// One of the requests that are answered at once; false where there are as many as may be.
class ReadSlot {
 public:
  ReadSlot(std::shared_ptr<std::atomic<uint64_t>> running, uint64_t most)
      : running_(std::move(running)), taken_(running_->fetch_add(1) < most) {}
  ~ReadSlot() { running_->fetch_sub(1); }
  ReadSlot(const ReadSlot&) = delete;
  ReadSlot& operator=(const ReadSlot&) = delete;
  explicit operator bool() const { return taken_; }

 private:
  std::shared_ptr<std::atomic<uint64_t>> running_;
  bool taken_;
};

// Limits of an answer that is made as fast as its client takes it: a client that reads slowly is no
// slow query; the connection's own deadlines end it.
query::QueryLimits SlowReaderLimits(query::QueryLimits limits);

class RemoteReadStream : public HttpBodySource {
 public:
  // `cancelled` is set when the client leaves. The slot is given back with the stream.
  RemoteReadStream(ApiContext* context, ReadRequest request,
                   std::shared_ptr<std::atomic<bool>> cancelled, std::unique_ptr<ReadSlot> slot);
  ~RemoteReadStream() override;

  absl::Status Next(std::string* piece) override;
  bool ended() const { return ended_; }

 private:
  // Selects the series of the next query; sets ended_ where there is none.
  absl::Status BeginQuery();
  // Reads a day of the series the stream is at, and moves on.
  absl::Status Step(std::string* piece);
  absl::Status Fill(std::string* piece);

  ApiContext* const context_;
  const ReadRequest request_;
  const std::shared_ptr<std::atomic<bool>> cancelled_;
  const std::unique_ptr<ReadSlot> slot_;
  const QueryRecorder recorder_;
  query::QueryContext query_;
  absl::Status status_;  // of the stream so far
  bool ended_ = false;

  std::unique_ptr<storage::Querier> querier_;
  std::unique_ptr<storage::MetricSelection> selection_;
  size_t next_query_ = 0;
  size_t series_ = 0;              // of the selection
  storage::TimeRange range_ms_;    // of the query, as far as there are samples
  int64_t next_day_begin_ms_ = 0;  // of the series
  storage::SampleColumns columns_;
  ReadFrameWriter frames_;
};

}  // namespace varve::server

#endif  // SERVER_REMOTE_READ_STREAM_H_
