#include "query/logql/range_job.h"

#include <algorithm>
#include <utility>

#include "storage/status_macros.h"

namespace varve::query {
namespace {

LabelNeeds NeedsOf(const RangeAggregationExpr& expr, const std::optional<Grouping>& grouping,
                   const Pipeline& pipeline) {
  LabelNeeds needs;
  if (!grouping || grouping->without) return needs;
  if (pipeline.uses_all_labels()) return needs;
  needs.all = false;
  needs.names = grouping->labels;
  needs.names.insert(needs.names.end(), pipeline.label_names().begin(),
                     pipeline.label_names().end());
  if (expr.range.unwrap) {
    needs.names.push_back(expr.range.unwrap->label);
    for (const LabelFilterExpr& filter : expr.range.unwrap->filters) {
      CollectLabelNames(filter, &needs.names);
    }
  }
  std::sort(needs.names.begin(), needs.names.end());
  needs.names.erase(std::unique(needs.names.begin(), needs.names.end()), needs.names.end());
  return needs;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RangeJob>> RangeJob::Make(const RangeAggregationExpr& expr,
                                                         const std::optional<Grouping>& grouping,
                                                         const StepTimes& steps,
                                                         QueryContext* context) {
  const bool counts_bytes =
      expr.function == RangeFunction::kBytes || expr.function == RangeFunction::kBytesRate;
  std::vector<StageExpr> stages =
      counts_bytes ? expr.range.log.stages : WithoutUnusedLineFormats(expr.range.log.stages);
  StoragePredicates predicates = TakeStoragePredicates(&stages);
  VARVE_ASSIGN_OR_RETURN(Pipeline pipeline, Pipeline::Compile(stages));
  std::vector<StagePtr> unwrap_filters;
  std::string_view except;
  if (expr.range.unwrap) {
    VARVE_ASSIGN_OR_RETURN(unwrap_filters, Pipeline::CompileFilters(expr.range.unwrap->filters));
    except = expr.range.unwrap->label;
  }
  LabelNeeds needs = NeedsOf(expr, grouping, pipeline);
  if (needs.none()) {
    // What is parsed interests nobody.
    std::erase_if(stages, [](const StageExpr& stage) {
      return std::holds_alternative<JsonExpr>(stage) || std::holds_alternative<LogfmtExpr>(stage) ||
             std::holds_alternative<PatternExpr>(stage) ||
             std::holds_alternative<RegexpExpr>(stage);
    });
    VARVE_ASSIGN_OR_RETURN(pipeline, Pipeline::Compile(stages));
  }
  const bool reads_needs_only = !needs.all;
  auto job = std::unique_ptr<RangeJob>(
      new RangeJob{expr, steps, std::move(predicates), std::move(stages), std::move(pipeline),
                   std::move(unwrap_filters), std::move(needs), SeriesGrouping(grouping, except),
                   nullptr, context});
  job->reads_needs_only = reads_needs_only;
  job->adds_integers = job->unwraps() && (expr.function == RangeFunction::kSum ||
                                          expr.function == RangeFunction::kRate);
  return job;
}

absl::Status RangeJob::ChargeSeries(uint64_t count) {
  const uint64_t seen = series_seen.fetch_add(count, std::memory_order_relaxed) + count;
  if (seen <= series_charged.load(std::memory_order_relaxed)) return absl::OkStatus();
  series_charged.fetch_add(count, std::memory_order_relaxed);
  return context->ChargeSeries(count);
}

bool RangeJob::ReadsMore() {
  const bool labels = met_error && reads_needs_only;
  const bool samples = met_other_value && adds_integers;
  if (labels) reads_needs_only = false;
  if (samples) adds_integers = false;
  series_seen = 0;
  sums = 0;
  return labels || samples;
}

}  // namespace varve::query
