// Prometheus remote write: a request of 1.0 or 2.0 becomes a MetricBatch, without copying labels
// where it can be helped.
//
// The label block of a series is handed on as it came (storage/appender.h); ParseRemoteWriteLabels
// reads it when the engine has not seen it before. The labels of 2.0, which are references to a
// table of symbols, are written into a block of the same form.
//
// Threads:  functions without state; a request belongs to one thread.
// Owns:     RemoteWriteRequest owns the decompressed body that its batch points into, unless the
//           body was not compressed: then that must outlive it.
// Errors:   INVALID_ARGUMENT for a body that is not what it says; UNIMPLEMENTED for an encoding or
//           message type we do not take (HTTP 415). What is wrong with single series of 2.0 is
//           listed in the request, and the others are decoded.
// Source:   Prometheus Remote-Write 1.0 and 2.0 specifications.
#ifndef INGEST_REMOTE_WRITE_H_
#define INGEST_REMOTE_WRITE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ingest/remote_write_labels.h"
#include "storage/appender.h"
#include "storage/model/metric_metadata.h"

namespace varve::ingest {

// What a request may hold. The body's limit is Prometheus's; the others keep a few million bytes of
// tiny messages from becoming gigabytes of memory, and are far above what senders put in a request.
inline constexpr size_t kRemoteWriteBytesMax = 32 << 20;
inline constexpr size_t kRemoteWriteSeriesMax = 1 << 20;
inline constexpr size_t kRemoteWriteSamplesMax = 4 << 20;
inline constexpr size_t kRemoteWriteHistogramsMax = 1 << 17;
inline constexpr size_t kRemoteWriteBucketsMax = 4 << 20;
inline constexpr size_t kRemoteWriteExemplarsMax = 1 << 18;
inline constexpr size_t kRemoteWriteMetadataMax = 1 << 17;
inline constexpr size_t kRemoteWriteSymbolsMax = 2 << 20;
// Of 2.0, whose labels are written once on the wire and once for each series here.
inline constexpr size_t kRemoteWriteLabelBytesMax = 128 << 20;

// The type of a metric family by its number in both protocols, which agree.
std::string_view MetadataTypeText(uint64_t type);

enum class RemoteWriteVersion { k1, k2 };

struct RemoteWriteRequest {
  RemoteWriteVersion version = RemoteWriteVersion::k1;
  storage::MetricBatch batch;
  std::vector<storage::MetricMetadata> metadata;
  // Samples and histograms of series that could not be decoded, and why.
  uint64_t rejected = 0;
  std::vector<storage::Rejection> rejections;  // the first storage::kRejectionsMax of them
  // Exemplars left out: too many characters in their labels, or labels that are none. As in
  // Prometheus that does not fail a write.
  uint64_t exemplars_dropped = 0;

  std::string buffer;                  // the decompressed body
  std::deque<std::string> raw_labels;  // label blocks of 1.0 that did not lie in one piece
  RawLabelArena arena;                 // label blocks of 2.0
  size_t buckets = 0;                  // of all histograms

  void Reject(std::string message, uint64_t samples);
};

// `content_type` and `content_encoding` as the sender wrote them; both may be empty, which means
// the message of 1.0 and snappy. The request's version is set also where decoding fails.
absl::Status DecodeRemoteWrite(std::string_view content_type, std::string_view content_encoding,
                               std::string_view body, RemoteWriteRequest* request);

}  // namespace varve::ingest

#endif  // INGEST_REMOTE_WRITE_H_
