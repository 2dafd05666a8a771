// Loki push: JSON (also its legacy form) and protobuf bodies become a LogBatch.
//
// Lenient where senders differ from the documentation: a missing content type is protobuf, numbers,
// booleans and null in labels and metadata become text, timestamps may be JSON numbers. Entries
// that break a limit are listed as rejected; the others of the request are kept.
//
// Threads:  functions without state; a request belongs to one thread.
// Owns:     LokiPushRequest owns what its batch points into, except an uncompressed protobuf body,
//           which must outlive it.
// Errors:   INVALID_ARGUMENT for a body that is not what it says; UNIMPLEMENTED for an encoding we
//           do not take (HTTP 415).
// Source:   Loki documentation, "Ingest logs".
#ifndef INGEST_LOKI_PUSH_H_
#define INGEST_LOKI_PUSH_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "ingest/label_limits.h"
#include "storage/appender.h"

namespace varve::ingest {

struct LokiPushOptions {
  bool discover_service_name = true;                   // --logs.discover-service-name
  bool discover_level = true;                          // --logs.discover-level
  size_t body_bytes_max = 64 << 20;                    // decompressed
  size_t line_bytes_max = kLineBytesMax;               // --logs.max-line-size
  bool truncate_lines = false;                         // --logs.truncate-lines
  size_t stream_labels_max = kStreamLabelsMax;         // --logs.max-label-names
  size_t label_name_bytes_max = kLabelNameBytesMax;    // --logs.max-label-name-length
  size_t label_value_bytes_max = kLabelValueBytesMax;  // --logs.max-label-value-length
  size_t metadata_labels_max = kMetadataLabelsMax;     // --logs.max-structured-metadata-count
  size_t metadata_bytes_max = kMetadataBytesMax;       // --logs.max-structured-metadata-size
};

struct LokiPushRequest {
  storage::LogBatch batch;
  uint64_t rejected = 0;                       // entries that broke a limit
  std::vector<storage::Rejection> rejections;  // the first of them
  storage::RejectCounts rejected_by{};         // all of them
  uint64_t truncated = 0;                      // entries whose line was cut
  uint64_t line_bytes = 0;                     // of the entries in the batch

  std::string buffer;                    // the decompressed body
  std::shared_ptr<void> parsed;          // the JSON document, which owns unescaped strings
  std::deque<storage::LabelSet> labels;  // of streams, and structured metadata

  void Reject(storage::RejectReason reason, std::string message) {
    ++rejected;
    ++rejected_by[static_cast<size_t>(reason)];
    if (rejections.size() < storage::kRejectionsMax) {
      rejections.push_back({reason, std::move(message)});
    }
  }
};

absl::Status DecodeLokiPush(std::string_view content_type, std::string_view content_encoding,
                            std::string_view body, const LokiPushOptions& options,
                            LokiPushRequest* request);

}  // namespace varve::ingest

#endif  // INGEST_LOKI_PUSH_H_
