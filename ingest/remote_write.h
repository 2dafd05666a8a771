// Prometheus remote write 1.0: a WriteRequest protobuf becomes a MetricBatch, without copying
// labels.
//
// The label block of a series is handed on as it came (storage/appender.h); ParseRemoteWriteLabels
// reads it when the engine has not seen it before.
//
// Threads:  functions without state; a request belongs to one thread.
// Owns:     RemoteWriteRequest owns the decompressed body that its batch points into, unless the
//           body was not compressed: then that must outlive it.
// Errors:   INVALID_ARGUMENT for a body that is not what it says; UNIMPLEMENTED for an encoding or
//           message type we do not take (HTTP 415).
// Source:   Prometheus Remote-Write 1.0 specification.
#ifndef INGEST_REMOTE_WRITE_H_
#define INGEST_REMOTE_WRITE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/appender.h"

namespace varve::ingest {

// A decoded body may be this large, as in Prometheus.
inline constexpr size_t kRemoteWriteBytesMax = 32 << 20;

// What a sender says about a metric family.
struct MetricMetadata {
  std::string_view
      type;  // counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown
  std::string_view family;
  std::string_view help;
  std::string_view unit;
};

struct RemoteWriteRequest {
  storage::MetricBatch batch;
  std::vector<MetricMetadata> metadata;
  uint64_t histograms = 0;  // native histogram samples, which are not stored yet
  uint64_t exemplars = 0;   // exemplars, which are not stored yet

  std::string buffer;                  // the decompressed body
  std::deque<std::string> raw_labels;  // label blocks that did not lie in one piece
};

// `content_type` and `content_encoding` as the sender wrote them; both may be empty, which means
// protobuf and snappy.
absl::Status DecodeRemoteWrite(std::string_view content_type, std::string_view content_encoding,
                               std::string_view body, RemoteWriteRequest* request);

// The labels of one raw block: the Label fields of a TimeSeries, one behind the other.
// INVALID_ARGUMENT for names that are empty or not UTF-8, values that are not UTF-8, a name that
// comes twice, too many or too long ones, and a series without a metric name.
absl::Status ParseRemoteWriteLabels(std::string_view raw_labels, storage::LabelSet* labels);

}  // namespace varve::ingest

#endif  // INGEST_REMOTE_WRITE_H_
