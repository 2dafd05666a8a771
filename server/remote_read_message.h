// RemoteReadMessage: the answer to a remote read that is one message with all samples, compressed
// as one, made while it is sent.
//
// Both protobuf and Snappy want to know beforehand how long what follows is. So everything is read
// twice: once for the lengths (and the limits: what is over them is refused before a byte is sent),
// once to be sent. In between nothing changes, since a selection shows what was there when it was
// made. Short answers are kept the first time.
//
// Threads:  one at a time.
// Owns:     the selections, and of the answer one series, or what is short.
// Errors:   INVALID_ARGUMENT for too many samples, with Prometheus's text, or bytes; those of
//           reading; CANCELLED when the client has left.
// Source:   Snappy's format_description.txt: the length of the plain bytes, then elements, which
//           refer to nothing further back than 64 KiB, the fragments that compressors make.
#ifndef SERVER_REMOTE_READ_MESSAGE_H_
#define SERVER_REMOTE_READ_MESSAGE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "server/api_context.h"
#include "server/http/http_message.h"
#include "server/query_recorder.h"
#include "server/remote_read/read_request.h"
#include "server/remote_read_stream.h"
#include "storage/querier.h"

namespace varve::server {

class RemoteReadMessage : public HttpBodySource {
 public:
  // `cancelled` is set when the client leaves. The slot is given back with the message.
  RemoteReadMessage(ApiContext* context, const ReadRequest& request,
                    std::shared_ptr<std::atomic<bool>> cancelled, std::unique_ptr<ReadSlot> slot);
  ~RemoteReadMessage() override;

  // Reads everything for the first time. Before Next.
  absl::Status Measure();
  absl::Status Next(std::string* piece) override;
  bool ended() const { return ended_; }

 private:
  // What answers one query of the request.
  struct Result {
    ReadQuery query;
    std::unique_ptr<storage::MetricSelection> selection;  // nullptr: nothing can match
    uint64_t bytes = 0;                                   // of its message
  };

  absl::Status MeasureResult(Result* result);
  absl::Status Fill(std::string* piece);
  // Appends the next series to plain_; sets made_ behind the last one.
  absl::Status MakeSeries();
  // Takes fragments off plain_, whole ones only unless it is the rest.
  void Compress(bool is_rest, std::string* piece);

  ApiContext* const context_;
  const std::shared_ptr<std::atomic<bool>> cancelled_;
  const std::unique_ptr<ReadSlot> slot_;
  const QueryRecorder recorder_;
  query::QueryContext query_;
  absl::Status status_;  // so far

  std::unique_ptr<storage::Querier> querier_;
  std::vector<Result> results_;
  uint64_t samples_ = 0;
  uint64_t message_bytes_ = 0;

  bool begun_ = false;
  bool made_ = false;   // all of the message is, or was, in plain_
  bool ended_ = false;  // all of it is sent
  size_t result_ = 0;   // the next series is
  size_t series_ = 0;
  storage::SampleColumns columns_;
  std::string plain_;
  size_t compressed_bytes_ = 0;  // so many of plain_
};

}  // namespace varve::server

#endif  // SERVER_REMOTE_READ_MESSAGE_H_
