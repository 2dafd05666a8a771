#include "query/logql/log_entry_filter.h"

#include <memory>
#include <utility>
#include <variant>

#include "query/logql/parser.h"
#include "query/logql/pipeline.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

class PipelineMatcher : public storage::EntryMatcher {
 public:
  PipelineMatcher(const Pipeline* pipeline, storage::LabelSetView stream)
      : pipeline_(pipeline), stream_(stream) {
    entry_.needs = &needs_;
    entry_.labels.BeginStream(stream_);
  }

  bool Matches(const storage::Entry& entry) override {
    entry_.line = entry.line;
    entry_.timestamp_ns = entry.timestamp_ns;
    entry_.labels.BeginEntry(entry.metadata);
    return pipeline_->Process(&entry_);
  }

 private:
  const Pipeline* const pipeline_;
  const storage::LabelSet stream_;
  const LabelNeeds needs_;
  PipelineEntry entry_;
};

class PipelineFilter : public storage::EntryFilter {
 public:
  explicit PipelineFilter(Pipeline pipeline) : pipeline_(std::move(pipeline)) {}

  std::unique_ptr<storage::EntryMatcher> ForStream(storage::LabelSetView stream) const override {
    return std::make_unique<PipelineMatcher>(&pipeline_, stream);
  }

 private:
  const Pipeline pipeline_;
};

}  // namespace

absl::StatusOr<storage::EntryFilterPtr> CompileLogEntryFilter(std::string_view query) {
  VARVE_ASSIGN_OR_RETURN(LogqlExpr parsed, ParseLogql(query));
  auto* log = std::get_if<LogExpr>(&parsed);
  if (log == nullptr) {
    return absl::InvalidArgumentError("cannot filter by a metric query: want a query for lines");
  }
  VARVE_ASSIGN_OR_RETURN(Pipeline pipeline, Pipeline::Compile(log->stages));
  return std::make_shared<const PipelineFilter>(std::move(pipeline));
}

}  // namespace varve::query
