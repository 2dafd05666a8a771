#include "tools/import_command.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <utility>

#include "query/promql/parser.h"
#include "storage/io/file_system.h"
#include "storage/model/text.h"
#include "storage/model/time_range.h"
#include "storage/status_macros.h"
#include "tools/prometheus_block/block_source.h"
#include "tools/terminal_text.h"
#include "tools/transfer/import_session.h"
#include "tools/transfer/open_metrics_source.h"
#include "tools/transfer/remote_read.h"
#include "tools/transfer/remote_writer.h"
#include "tools/transfer/sample_json.h"

namespace varve::tools {
namespace {

using storage::StrCat;

ImportFormat GuessFormat(const std::string& path) {
  if (path == kStandardInput) {
    return std::cin.peek() == '{' ? ImportFormat::kJsonLines : ImportFormat::kOpenMetrics;
  }
  if (HoldsBlocks(storage::FileSystem::Posix(), path)) return ImportFormat::kPrometheus;
  std::string begin(kReadAnswersBegin.size(), '\0');
  std::ifstream(path, std::ios::binary).read(begin.data(), static_cast<int64_t>(begin.size()));
  if (begin == kReadAnswersBegin) return ImportFormat::kRemoteRead;
  return begin.starts_with("{\"metric\"") ? ImportFormat::kJsonLines : ImportFormat::kOpenMetrics;
}

absl::StatusOr<std::unique_ptr<SampleSource>> OpenSource(const ImportOptions& options,
                                                         int64_t now_ms) {
  storage::FileSystem* const files = storage::FileSystem::Posix();
  ImportFormat format = options.format;
  if (format == ImportFormat::kAuto) {
    std::error_code error;
    const bool is_directory = std::filesystem::is_directory(options.path, error);
    format = is_directory ? ImportFormat::kPrometheus : GuessFormat(options.path);
  }
  if (format == ImportFormat::kPrometheus) return BlockSource::Open(files, options.path);
  if (format == ImportFormat::kRemoteRead) {
    VARVE_ASSIGN_OR_RETURN(std::string bytes, files->ReadFile(options.path));
    return std::make_unique<ReadAnswerSource>(std::move(bytes));
  }
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<LineReader> lines, LineReader::Open(options.path));
  if (format == ImportFormat::kJsonLines)
    return std::make_unique<JsonLinesSource>(std::move(lines));
  return std::make_unique<OpenMetricsSource>(std::move(lines), now_ms);
}

// Which samples are wanted.
struct Filter {
  std::vector<std::vector<storage::Matcher>> selectors;
  storage::TimeRange range_ms = storage::TimeRange::All();

  void Apply(SeriesSamples* samples) const {
    const bool wanted = selectors.empty() ||
                        std::any_of(selectors.begin(), selectors.end(), [&](const auto& matchers) {
                          return storage::MatchesAll(matchers, samples->labels.view());
                        });
    if (!wanted) return samples->Clear();
    const auto outside = [&](const auto& sample) {
      return !range_ms.Contains(sample.timestamp_ms);
    };
    std::erase_if(samples->floats, outside);
    std::erase_if(samples->histograms, outside);
  }
};

absl::StatusOr<Filter> MakeFilter(const ImportOptions& options, int64_t now_ns) {
  Filter filter;
  for (const std::string& text : options.selectors) {
    VARVE_ASSIGN_OR_RETURN(filter.selectors.emplace_back(), query::ParseSelector(text));
  }
  if (!options.start.empty()) {
    VARVE_ASSIGN_OR_RETURN(const int64_t start_ns, ParseTimeNs(options.start, now_ns));
    filter.range_ms.begin = start_ns / kNanosecondsPerMillisecond;
  }
  if (!options.end.empty()) {
    VARVE_ASSIGN_OR_RETURN(const int64_t end_ns, ParseTimeNs(options.end, now_ns));
    filter.range_ms.end = end_ns / kNanosecondsPerMillisecond + 1;
  }
  return filter;
}

// The first `count` samples that are left of a series go; returns how many did.
uint64_t SkipFront(uint64_t count, SeriesSamples* samples) {
  const auto skip = [&](auto* list) {
    const uint64_t skipped = std::min<uint64_t>(count, list->size());
    list->erase(list->begin(), list->begin() + static_cast<std::ptrdiff_t>(skipped));
    count -= skipped;
    return skipped;
  };
  const uint64_t floats = skip(&samples->floats);
  return floats + skip(&samples->histograms);
}

// What makes two imports the same one.
std::string Identity(const ImportOptions& options) {
  std::string text = StrCat("import ", std::filesystem::absolute(options.path).string());
  for (const std::string& selector : options.selectors) {
    storage::StrAppend(&text, " --match ", EscapeControls(selector));
  }
  return StrCat(text, " --start ", options.start, " --end ", options.end);
}

}  // namespace

absl::Status RunImport(const ImportOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(const Filter filter, MakeFilter(options, context.now_ns));
  VARVE_ASSIGN_OR_RETURN(
      const std::unique_ptr<ImportSession> session,
      ImportSession::Begin(options.path, Identity(options), options.resume, "samples", context));
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<SampleSource> source,
                         OpenSource(options, context.now_ns / kNanosecondsPerMillisecond));
  RemoteWriterOptions writing;
  writing.batch_samples = options.batch_samples;
  writing.retry.retries = options.retries;
  RemoteWriter writer(writing, context.http,
                      [&](uint64_t samples) { return session->Sent(samples, source->progress()); });
  uint64_t to_skip = session->skipped();
  SeriesSamples samples;
  absl::Status status;
  bool server_takes_more = true;
  while (status.ok()) {
    const absl::StatusOr<bool> more = source->Next(&samples);
    if (!more.ok() || !*more) {
      status = more.status();
      break;
    }
    filter.Apply(&samples);
    if (to_skip > 0) to_skip -= SkipFront(to_skip, &samples);
    status = writer.Write(samples);
    server_takes_more = status.ok();
  }
  if (server_takes_more) {  // what was read in front of something unreadable is good
    if (const absl::Status flushed = writer.Flush(); status.ok()) status = flushed;
  }
  return session->End(status, writer.samples_sent(), writer.sender());
}

}  // namespace varve::tools
