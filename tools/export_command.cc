#include "tools/export_command.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
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
#include "tools/transfer/output_file.h"
#include "tools/transfer/remote_read.h"
#include "tools/transfer/sample_json.h"
#include "tools/transfer/sample_text.h"
#include "tools/transfer/transfer_state.h"

namespace varve::tools {
namespace {

using storage::StrAppend;
using storage::StrCat;

constexpr std::string_view kSinceDefault = "1h";
constexpr std::string_view kStateSuffix = ".varve-export";
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
  if (options.resume && options.file.empty()) {
    return absl::InvalidArgumentError("cannot resume standard output, want --file");
  }
  const auto range_ms = storage::TimeRange::Inclusive(span.start_ns / kNanosecondsPerMillisecond,
                                                      span.end_ns / kNanosecondsPerMillisecond);
  const std::string state_path = options.file + std::string(kStateSuffix);
  TransferState state{Identity(options, range_ms), range_ms.begin, 0, {}};
  if (options.resume) {
    VARVE_ASSIGN_OR_RETURN(state, LoadTransferState(state_path, state.what, range_ms.begin));
  }
  std::unique_ptr<std::ofstream> file;
  std::ostream* out = context.out;
  if (!options.file.empty()) {
    VARVE_ASSIGN_OR_RETURN(file, OpenOutputFile(options.file, state.bytes));
    out = file.get();
  }
  ProgressBar bar("samples", context.err_is_terminal && !options.file.empty(), context.columns,
                  context.err);
  ExportCounts counts;
  std::string text;
  if (state.bytes == 0 && options.format == ExportFormat::kCsv) text = kCsvHeader;
  if (state.bytes == 0 && options.format == ExportFormat::kRemoteRead) text = kReadAnswersBegin;
  const auto write = [&]() -> absl::Status {
    *out << text << std::flush;
    if (!*out) return absl::UnavailableError("cannot write the output");
    state.bytes += text.size();
    text.clear();
    return options.file.empty() ? absl::OkStatus() : SaveTransferState(state_path, state);
  };
  while (state.done < range_ms.end) {
    const int64_t end_ms =
        range_ms.end - state.done > chunk_ms ? state.done + chunk_ms : range_ms.end;
    absl::flat_hash_set<std::string> seen;
    for (const std::vector<storage::Matcher>& matchers : selectors) {
      VARVE_RETURN_IF_ERROR(ExportChunk(matchers, {state.done, end_ms}, options.format,
                                        *context.http, &seen, &text, &counts));
    }
    state.done = end_ms;
    VARVE_RETURN_IF_ERROR(write());
    bar.Update(counts.samples, static_cast<double>(end_ms - range_ms.begin) /
                                   static_cast<double>(range_ms.end - range_ms.begin));
  }
  if (options.format == ExportFormat::kOpenMetrics) text = kOpenMetricsEnd;
  VARVE_RETURN_IF_ERROR(write());
  bar.Clear();
  if (!options.file.empty()) VARVE_RETURN_IF_ERROR(RemoveTransferState(state_path));
  *context.err << "varve: wrote " << GroupedNumber(counts.samples) << " samples in "
               << static_cast<int64_t>(bar.seconds() * 1000) << " ms";
  if (counts.left_out > 0) {
    *context.err << ", left out " << GroupedNumber(counts.left_out)
                 << " histograms and ends of series, for which the format has no place";
  }
  *context.err << '\n';
  return absl::OkStatus();
}

}  // namespace varve::tools
