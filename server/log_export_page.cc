#include "server/log_export_page.h"

#include <algorithm>
#include <memory>

#include "absl/time/time.h"
#include "ingest/utf8.h"
#include "query/template/base64.h"
#include "server/json_writer.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

// Of one read of the storage: a page's end should not lie far inside what was read.
constexpr uint32_t kBatchEntries = 4096;

void AppendLabels(storage::LabelSetView labels, std::string* out) {
  JsonWriter json(out);
  json.PlainLabels(labels);
}

}  // namespace

std::string_view ExportTimestamp::Text(int64_t time_ns) {
  const int64_t second = storage::FloorDivide(time_ns, storage::kNanosecondsPerSecond);
  if (second != second_ || text_.empty()) {
    second_ = second;
    text_ =
        absl::FormatTime("%Y-%m-%dT%H:%M:%S", absl::FromUnixSeconds(second), absl::UTCTimeZone());
    second_bytes_ = text_.size();
  }
  text_.resize(second_bytes_);
  int64_t fraction = time_ns - second * storage::kNanosecondsPerSecond;
  if (fraction > 0) {
    char digits[10] = {'.'};
    for (int i = 9; i > 0; --i, fraction /= 10) digits[i] = static_cast<char>('0' + fraction % 10);
    size_t count = 10;
    while (digits[count - 1] == '0') --count;
    text_.append(digits, count);
  }
  text_.push_back('Z');
  return text_;
}

absl::Status ExportLogPage(const storage::LogSelection& selection, storage::TimeRange range_ns,
                           size_t page_bytes, query::QueryContext* query, LogExportPlace* place,
                           bool* more, std::string* out) {
  ExportTimestamp timestamp;
  const storage::LabelSet first = place->stream;
  *more = false;
  for (size_t i = 0; i < selection.size(); ++i) {
    const storage::LabelSetView labels = selection.labels(i);
    const int order = first.empty() ? 1 : labels.Compare(first.view());
    if (order < 0) continue;
    storage::LogReadOptions options;
    options.range_ns = range_ns;
    options.batch_entries_max = kBatchEntries;
    if (order != 0 || place->timestamp_ns < range_ns.begin) {
      *place = {storage::LabelSet(labels), range_ns.begin, 0};
    }
    options.range_ns.begin = place->timestamp_ns;
    uint64_t to_skip = place->skipped;
    std::string labels_json;
    AppendLabels(labels, &labels_json);
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::LogCursor> cursor,
                           selection.Open(i, options));
    storage::LogColumns columns;
    while (true) {
      VARVE_RETURN_IF_ERROR(query->CheckAlive());
      VARVE_ASSIGN_OR_RETURN(const bool is_there, cursor->Next(&columns));
      if (!is_there) break;
      for (size_t k = 0; k < columns.size; ++k) {
        if (to_skip > 0) {
          // Fewer than before where a retention or a deletion came in between.
          to_skip = columns.timestamps_ns[k] == place->timestamp_ns ? to_skip - 1 : 0;
          if (columns.timestamps_ns[k] == place->timestamp_ns) continue;
        }
        if (out->size() >= page_bytes) {
          *more = true;
          return absl::OkStatus();
        }
        storage::StrAppend(out, "{\"timestamp\":\"", timestamp.Text(columns.timestamps_ns[k]),
                           "\",\"labels\":", labels_json);
        if (!columns.metadata.empty() && !columns.metadata[k].empty()) {
          *out += ",\"metadata\":";
          AppendLabels(columns.metadata[k], out);
        }
        const std::string_view line = columns.lines[k];
        if (ingest::IsUtf8(line)) {
          *out += ",\"line\":";
          AppendPlainJsonString(line, out);
        } else {
          storage::StrAppend(out, ",\"line_base64\":\"", query::EncodeBase64(line), "\"");
        }
        *out += "}\n";
        if (columns.timestamps_ns[k] == place->timestamp_ns) {
          ++place->skipped;
        } else {
          place->timestamp_ns = columns.timestamps_ns[k];
          place->skipped = 1;
        }
      }
      query->stats().entries.fetch_add(columns.size, std::memory_order_relaxed);
    }
  }
  return absl::OkStatus();
}

}  // namespace varve::server
