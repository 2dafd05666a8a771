// The two messages of remote write, decoded into a request; what they have in common.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT for a malformed message or one with more than a request may hold.
// Source:   Prometheus Remote-Write 1.0 and 2.0 specifications.
#ifndef INGEST_REMOTE_WRITE_MESSAGE_H_
#define INGEST_REMOTE_WRITE_MESSAGE_H_

#include <string_view>

#include "absl/status/status.h"
#include "ingest/remote_write.h"

namespace varve::ingest {

// prometheus.WriteRequest and io.prometheus.write.v2.Request, decompressed. `request` is new.
absl::Status DecodeWriteRequest1(std::string_view message, RemoteWriteRequest* request);
absl::Status DecodeWriteRequest2(std::string_view message, RemoteWriteRequest* request);

absl::Status MalformedRequest(std::string_view what);

// Appends one Histogram message to the batch.
absl::Status AddHistogram(std::string_view message, RemoteWriteRequest* request);
// Opens and closes what the batch has of one series: everything appended in between is its.
storage::SeriesWrite BeginSeries(const storage::MetricBatch& batch);
void EndSeries(const storage::MetricBatch& batch, storage::SeriesWrite* write);
inline bool IsEmpty(const storage::SeriesWrite& write) {
  return write.begin == write.end && write.histograms_begin == write.histograms_end &&
         write.exemplars_begin == write.exemplars_end;
}
// Whether one more fits into a list of the request.
absl::Status TooMany(std::string_view what, size_t limit);
template <typename Value>
absl::Status CheckRoom(const std::vector<Value>& values, std::string_view what, size_t limit) {
  if (values.size() < limit) [[likely]]
    return absl::OkStatus();
  return TooMany(what, limit);
}

}  // namespace varve::ingest

#endif  // INGEST_REMOTE_WRITE_MESSAGE_H_
