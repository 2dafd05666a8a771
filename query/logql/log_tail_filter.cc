#include "query/logql/log_tail_filter.h"

#include <utility>
#include <variant>

#include "query/logql/parser.h"
#include "storage/status_macros.h"

namespace varve::query {

absl::StatusOr<LogTailFilter> LogTailFilter::Create(std::string_view query) {
  VARVE_ASSIGN_OR_RETURN(LogqlExpr parsed, ParseLogql(query));
  auto* log = std::get_if<LogExpr>(&parsed);
  if (log == nullptr) {
    return absl::InvalidArgumentError("cannot tail a metric query: want a query for log lines");
  }
  VARVE_ASSIGN_OR_RETURN(Pipeline pipeline, Pipeline::Compile(log->stages));
  return LogTailFilter(std::move(log->matchers), std::move(pipeline));
}

std::vector<StreamsResult::Stream> LogTailFilter::Apply(
    storage::LabelSetView stream, std::span<const storage::Entry> entries) const {
  std::vector<StreamsResult::Stream> streams;
  const LabelNeeds needs;
  PipelineEntry entry;
  entry.needs = &needs;
  entry.labels.BeginStream(stream);
  for (const storage::Entry& one : entries) {
    entry.line = one.line;
    entry.timestamp_ns = one.timestamp_ns;
    entry.labels.BeginEntry(one.metadata);
    if (!pipeline_.Process(&entry)) continue;
    storage::LabelSet labels = entry.labels.Collect(LabelSource::kStream);
    if (streams.empty() || streams.back().labels.view() != labels.view()) {
      streams.push_back({std::move(labels), {}});
    }
    streams.back().lines.push_back({one.timestamp_ns, std::string(entry.line),
                                    entry.labels.Collect(LabelSource::kMetadata),
                                    entry.labels.Collect(LabelSource::kParsed)});
  }
  return streams;
}

}  // namespace varve::query
