// The text that Prometheus scrapes becomes a MetricBatch: the text formats 0.0.4 and 1.0.0 (names
// in quotes) and OpenMetrics 1.0.0, with exemplars and metadata.
//
// A line that is wrong is listed and the others are decoded; whoever wants all or nothing looks at
// `rejections` before storing the batch.
//
// Threads:  functions without state; a request belongs to one thread.
// Owns:     PrometheusTextRequest owns the decompressed body and what had to be rewritten of it. A
//           body that was not compressed must outlive the request.
// Errors:   INVALID_ARGUMENT for a body that cannot be decompressed or has more than it may;
//           UNIMPLEMENTED for an encoding we do not take.
// Source:   Prometheus, "Exposition formats"; OpenMetrics 1.0.0.
#ifndef INGEST_PROMETHEUS_TEXT_H_
#define INGEST_PROMETHEUS_TEXT_H_

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

// What a body may hold: bytes, lines with a sample, and bytes of labels as the engine takes them.
inline constexpr size_t kPrometheusTextBytesMax = 64 << 20;
inline constexpr size_t kPrometheusTextSamplesMax = 1 << 20;
inline constexpr size_t kPrometheusTextLabelBytesMax = 128 << 20;

struct PrometheusTextOptions {
  bool open_metrics = false;
  // Of samples that have none of their own.
  int64_t timestamp_ms = 0;
  // Labels every series gets; its own of the same name give way.
  LabelPairs extra_labels;
};

struct PrometheusTextRequest {
  storage::MetricBatch batch;
  std::vector<storage::MetricMetadata> metadata;  // as HELP, TYPE and UNIT say
  uint64_t rejected = 0;                          // lines
  std::vector<storage::Rejection> rejections;     // the first storage::kRejectionsMax of them
  uint64_t exemplars_dropped = 0;                 // as of remote write
  // OpenMetrics ends with `# EOF`; without it, a body was cut off.
  bool ended = false;

  std::string buffer;                 // the decompressed body
  std::deque<std::string> unescaped;  // texts that had escapes
  RawLabelArena arena;
};

// Whether a Content-Type, which may be empty, is OpenMetrics.
bool IsOpenMetrics(std::string_view content_type);

absl::Status DecodePrometheusText(const PrometheusTextOptions& options,
                                  std::string_view content_encoding, std::string_view body,
                                  PrometheusTextRequest* request);

}  // namespace varve::ingest

#endif  // INGEST_PROMETHEUS_TEXT_H_
