#include "tools/export_command.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "query/engine/number_format.h"
#include "query/promql/parser.h"
#include "storage/encoding/varint.h"
#include "storage/model/text.h"
#include "storage/model/time_range.h"
#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/progress_bar.h"
#include "tools/terminal_text.h"
#include "tools/text_table.h"
#include "tools/transfer/export_session.h"
#include "tools/transfer/remote_read.h"
#include "tools/transfer/sample_json.h"
#include "tools/transfer/sample_text.h"

namespace varve::tools {
namespace {

using storage::StrAppend;
using storage::StrCat;

constexpr std::string_view kSinceDefault = "1h";
constexpr std::string_view kCsvHeader = "series,timestamp_ms,value\n";
constexpr std::string_view kOpenMetricsEnd = "# EOF\n";

struct ExportCounts {
  uint64_t samples = 0;
  uint64_t left_out = 0;  // which the format has no place for
};

void AppendCsv(const SeriesSamples& samples, std::string* out) {
  std::string series;
  AppendSeriesText(samples.labels, &series);
  series.pop_back();  // the blank behind it
  std::string quoted = "\"";
  for (const char c : series) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  quoted += "\",";
  for (const storage::Sample& sample : samples.floats) {
    StrAppend(out, quoted, sample.timestamp_ms, ",");
    query::AppendGeneralFloat(sample.value, out);
    out->push_back('\n');
  }
}

void AppendOpenMetrics(const SeriesSamples& samples, std::string* out) {
  std::string series;
  AppendSeriesText(samples.labels, &series);
  for (const storage::Sample& sample : samples.floats) {
    *out += series;
    AppendValueText(sample, out);
  }
}

// The series of a chunk of time in the file's format.
void AppendSeries(ExportFormat format, SeriesSamples* samples, std::string* out,
                  ExportCounts* counts) {
  if (format == ExportFormat::kJsonLines) {
    counts->samples += samples->size();
    return AppendSampleJson(*samples, out);
  }
  // Text has no native histograms, and a stale marker in it would be read as a NaN.
  const size_t stale = std::erase_if(samples->floats, [](const storage::Sample& sample) {
    return storage::IsStaleMarker(sample.value);
  });
  counts->left_out += stale + samples->histograms.size();
  counts->samples += samples->floats.size();
  if (format == ExportFormat::kCsv) {
    AppendCsv(*samples, out);
  } else {
    AppendOpenMetrics(*samples, out);
  }
}

// One selector in one piece of time.
absl::Status ExportChunk(const std::vector<storage::Matcher>& matchers, storage::TimeRange range_ms,
                         ExportFormat format, const HttpClient& http,
                         absl::flat_hash_set<std::string>* seen, std::string* out,
                         ExportCounts* counts) {
  VARVE_ASSIGN_OR_RETURN(
      const std::string answer,
      http.Post("/api/v1/read", ReadRequestBody(matchers, range_ms.begin, range_ms.end - 1),
                "application/x-protobuf",
                {{"Content-Encoding", "snappy"}, {"X-Prometheus-Remote-Read-Version", "0.1.0"}}));
  std::vector<SeriesSamples> series;
  absl::Status status = ParseReadAnswer(answer, &series);
  if (!status.ok()) return absl::InternalError(status.message());
  std::erase_if(series, [&](const SeriesSamples& samples) {
    return samples.size() == 0 || !seen->insert(samples.labels.packed()).second;
  });
  if (format == ExportFormat::kRemoteRead) {
    if (series.empty()) return absl::OkStatus();
    storage::AppendVarint(answer.size(), out);
    *out += answer;
    for (const SeriesSamples& samples : series) counts->samples += samples.size();
    return absl::OkStatus();
  }
  for (SeriesSamples& samples : series) AppendSeries(format, &samples, out, counts);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::vector<storage::Matcher>>> ParseSelectors(
    const std::vector<std::string>& texts) {
  std::vector<std::vector<storage::Matcher>> selectors;
  for (const std::string& text : texts) {
    VARVE_ASSIGN_OR_RETURN(selectors.emplace_back(), query::ParseSelector(text));
  }
  if (selectors.empty()) {
    selectors.push_back({storage::Matcher::NotEqual(storage::kMetricNameLabel, "")});
  }
  return selectors;
}

std::string Identity(const ExportOptions& options, storage::TimeRange range_ms) {
  std::string text = StrCat("export --start ", range_ms.begin, " --end ", range_ms.end,
                            " --format ", static_cast<int>(options.format));
  for (const std::string& selector : options.selectors) {
    StrAppend(&text, " --match ", EscapeControls(selector));
  }
  return text;
}

}  // namespace

absl::Status RunExport(const ExportOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const auto selectors, ParseSelectors(options.selectors));
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span,
                         ResolveTimeSpan(options.span, kSinceDefault, context.now_ns));
  VARVE_ASSIGN_OR_RETURN(const int64_t chunk_ns, ParseDurationNs(options.chunk));
  const int64_t chunk_ms = chunk_ns / kNanosecondsPerMillisecond;
  if (chunk_ms < 1) return absl::InvalidArgumentError("cannot use a chunk of less than 1ms");
  const auto range_ms = storage::TimeRange::Inclusive(span.start_ns / kNanosecondsPerMillisecond,
                                                      span.end_ns / kNanosecondsPerMillisecond);
  VARVE_ASSIGN_OR_RETURN(const auto session,
                         ExportSession::Begin(options.file, Identity(options, range_ms),
                                              range_ms.begin, options.resume, "samples", context));
  ExportCounts counts;
  std::string text;
  if (session->is_new() && options.format == ExportFormat::kCsv) text = kCsvHeader;
  if (session->is_new() && options.format == ExportFormat::kRemoteRead) text = kReadAnswersBegin;
  int64_t& done_ms = session->state().done;
  while (done_ms < range_ms.end) {
    const int64_t end_ms = range_ms.end - done_ms > chunk_ms ? done_ms + chunk_ms : range_ms.end;
    absl::flat_hash_set<std::string> seen;
    for (const std::vector<storage::Matcher>& matchers : selectors) {
      VARVE_RETURN_IF_ERROR(ExportChunk(matchers, {done_ms, end_ms}, options.format, *context.http,
                                        &seen, &text, &counts));
    }
    done_ms = end_ms;
    VARVE_RETURN_IF_ERROR(session->Write(text, counts.samples,
                                         static_cast<double>(end_ms - range_ms.begin) /
                                             static_cast<double>(range_ms.end - range_ms.begin)));
    text.clear();
  }
  if (options.format == ExportFormat::kOpenMetrics) text = kOpenMetricsEnd;
  VARVE_RETURN_IF_ERROR(session->Write(text, counts.samples, 1));
  return session->End(
      counts.samples,
      counts.left_out == 0
          ? std::string()
          : StrCat(", left out ", GroupedNumber(counts.left_out),
                   " histograms and ends of series, for which the format has no place"));
}

}  // namespace varve::tools
