// Any bytes as JSON lines, as a bulk body of Elasticsearch, and as a time.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ingest/elasticsearch_bulk.h"
#include "ingest/json_lines.h"
#include "ingest/log_time.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  ingest::JsonLinesOptions fields;
  fields.stream_fields = {"a", "b.c"};
  fields.line_fields = {"_msg", "m"};
  fields.ignored_fields = {"x*"};
  ingest::LokiPushRequest request;
  ingest::DecodeJsonLines(fields, "", body, {}, &request).IgnoreError();
  for (const storage::Entry& entry : request.batch.entries) {
    if (!storage::LabelSetView::IsValidPacked(entry.metadata.packed())) __builtin_trap();
  }
  std::vector<ingest::BulkItem> items;
  if (ingest::DecodeElasticsearchBulk(fields, "", body, "i", {}, &request, &items).ok()) {
    // Each document is refused, or is one entry.
    std::vector<bool> named(request.batch.entries.size());
    size_t refused = 0;
    for (const ingest::BulkItem& item : items) {
      if (item.refused.has_value()) {
        ++refused;
      } else if (item.entry >= named.size() || named[item.entry]) {
        __builtin_trap();
      } else {
        named[item.entry] = true;
      }
    }
    if (refused != request.rejected || items.size() - refused != named.size()) __builtin_trap();
  }
  int64_t time_ns = 0;
  ingest::ParseLogTime(body, &time_ns);
  return 0;
}
