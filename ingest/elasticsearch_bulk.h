// Elasticsearch's bulk body: lines in pairs, an action and the document it is about.
//
//   {"create":{"_index":"logs"}}
//   {"@timestamp":"2026-11-21T10:00:00Z","message":"text","host":{"name":"a"}}
//
// Each document becomes a log entry as json_lines.h has it. Only `create` and `index` are taken.
//
// Threads:  functions without state.
// Owns:     the request owns all bytes.
// Errors:   those of Decompress; INVALID_ARGUMENT for a body whose actions cannot be read.
// Source:   Elasticsearch documentation, "Bulk API".
#ifndef INGEST_ELASTICSEARCH_BULK_H_
#define INGEST_ELASTICSEARCH_BULK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ingest/json_lines.h"

namespace varve::ingest {

struct BulkItem {
  bool is_index = false;  // else create
  std::string index;
  std::optional<storage::Rejection> refused;
  uint32_t entry = 0;  // where it is not refused: its place in the entries of the batch
};

absl::Status DecodeElasticsearchBulk(const JsonLinesOptions& fields,
                                     std::string_view content_encoding, std::string_view body,
                                     std::string_view index, const LokiPushOptions& options,
                                     LokiPushRequest* request, std::vector<BulkItem>* items);

}  // namespace varve::ingest

#endif  // INGEST_ELASTICSEARCH_BULK_H_
