// info(): adds the data labels of info metrics, target_info and the like, to the series that have
// the same instance and job.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "query/engine/label_text.h"
#include "query/promql/evaluator.h"
#include "query/promql/functions_table.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

constexpr std::string_view kInstanceLabel = "instance";
constexpr std::string_view kJobLabel = "job";

bool IsIdentifying(std::string_view label) { return label == kInstanceLabel || label == kJobLabel; }

storage::LabelSet IdentifyingLabels(storage::LabelSetView labels) {
  return storage::LabelSet(
      {{kInstanceLabel, labels.Get(kInstanceLabel)}, {kJobLabel, labels.Get(kJobLabel)}});
}

// The second argument, taken apart.
struct InfoSelector {
  std::vector<storage::Matcher> name_matchers;
  std::vector<storage::Matcher> data_matchers;

  bool NamesInfoMetric(std::string_view name) const {
    return !name.empty() &&
           std::all_of(name_matchers.begin(), name_matchers.end(),
                       [name](const storage::Matcher& matcher) { return matcher.Matches(name); });
  }
  bool Wants(std::string_view label) const {
    if (label == storage::kMetricNameLabel || IsIdentifying(label)) return false;
    return data_matchers.empty() ||
           std::any_of(data_matchers.begin(), data_matchers.end(),
                       [label](const storage::Matcher& m) { return m.name() == label; });
  }
  // Whether a series without info stays as it is.
  bool AcceptsNoInfo() const {
    return std::all_of(data_matchers.begin(), data_matchers.end(),
                       [](const storage::Matcher& matcher) { return matcher.MatchesEmpty(); });
  }
};

absl::StatusOr<InfoSelector> ParseInfoSelector(const Call& call) {
  InfoSelector selector;
  bool positive = false;
  if (call.arguments.size() > 1) {
    for (const storage::Matcher& matcher :
         As<VectorSelector>(StripParens(*call.arguments[1])).matchers) {
      if (matcher.name() == storage::kMetricNameLabel) {
        selector.name_matchers.push_back(matcher);
        positive = positive || !matcher.is_negative();
      } else {
        selector.data_matchers.push_back(matcher);
      }
    }
  }
  if (selector.name_matchers.empty()) {
    selector.name_matchers.push_back(
        storage::Matcher::Equal(storage::kMetricNameLabel, "target_info"));
  } else if (!positive) {
    VARVE_ASSIGN_OR_RETURN(
        storage::Matcher all,
        storage::Matcher::Create(storage::MatchType::kRegex, storage::kMetricNameLabel, ".+_info"));
    selector.name_matchers.push_back(std::move(all));
  }
  return selector;
}

struct InfoSeries {
  storage::LabelSet labels;
  StepSeries timestamps;  // of the sample seen at each step
};

// The info series of one instance and job, by metric name.
using InfoMetrics = std::map<std::string, std::vector<InfoSeries>, std::less<>>;

// The instances and jobs of the series to be enriched; info series are looked at that have one of
// each, whether or not they meet.
class IdentityFilter {
 public:
  void Add(storage::LabelSetView labels) {
    AddOne(labels.Get(kInstanceLabel), &instances_);
    AddOne(labels.Get(kJobLabel), &jobs_);
  }
  bool empty() const { return instances_.empty() && jobs_.empty(); }
  bool Matches(storage::LabelSetView labels) const {
    return (instances_.empty() || instances_.contains(labels.Get(kInstanceLabel))) &&
           (jobs_.empty() || jobs_.contains(labels.Get(kJobLabel)));
  }

 private:
  static void AddOne(std::string_view value, std::set<std::string, std::less<>>* values) {
    if (!value.empty()) values->emplace(value);
  }

  std::set<std::string, std::less<>> instances_;
  std::set<std::string, std::less<>> jobs_;
};

absl::StatusOr<const InfoSeries*> Newest(const std::vector<InfoSeries>& candidates, size_t step) {
  const InfoSeries* newest = nullptr;
  for (const InfoSeries& candidate : candidates) {
    if (!candidate.timestamps.present[step]) continue;
    if (newest == nullptr || candidate.timestamps.values[step] > newest->timestamps.values[step]) {
      newest = &candidate;
    } else if (candidate.timestamps.values[step] == newest->timestamps.values[step]) {
      const std::string at =
          storage::StrCat(" @ ", std::llround(newest->timestamps.values[step] * 1000));
      return absl::FailedPreconditionError(storage::StrCat(
          "found duplicate series for info metric: existing ", LabelsText(newest->labels), at,
          ", new ", LabelsText(candidate.labels), at));
    }
  }
  return newest;
}

// An error where two info series are the newest at a step that has something to be enriched,
// whether or not it has their identity.
absl::Status CheckDistinctInfos(const absl::flat_hash_map<storage::LabelSet, InfoMetrics>& infos,
                                const StepVector& input, size_t steps) {
  std::vector<uint8_t> any(steps);
  for (const StepSeries& series : input) {
    for (size_t s = 0; s < steps; ++s) any[s] = any[s] | series.present[s];
  }
  for (const auto& [identity, metrics] : infos) {
    for (const auto& [name, candidates] : metrics) {
      if (candidates.size() < 2) continue;
      for (size_t s = 0; s < steps; ++s) {
        if (any[s]) VARVE_RETURN_IF_ERROR(Newest(candidates, s).status());
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<storage::LabelSet> Enrich(const storage::LabelSet& series,
                                         const std::vector<const InfoSeries*>& infos,
                                         const InfoSelector& selector) {
  storage::LabelSet added;
  for (const InfoSeries* info : infos) {
    for (const storage::LabelView& label : info->labels) {
      if (!selector.Wants(label.name) || series.Has(label.name)) continue;
      const std::string_view earlier = added.Get(label.name);
      if (!earlier.empty() && earlier != label.value) {
        return absl::FailedPreconditionError(storage::StrCat("conflicting label: ", label.name));
      }
      added = added.With(label.name, label.value);
    }
  }
  storage::LabelSet enriched = series;
  for (const storage::LabelView& label : added) enriched = enriched.With(label.name, label.value);
  return enriched;
}

// Splits a series by what info it meets at each step.
absl::Status EnrichSeries(const StepSeries& series, const InfoMetrics& metrics,
                          const InfoSelector& selector, StepVector* output) {
  const size_t steps = series.present.size();
  std::map<std::vector<const InfoSeries*>, size_t> positions;
  std::vector<const InfoSeries*> infos;
  for (size_t s = 0; s < steps; ++s) {
    if (!series.present[s]) continue;
    infos.clear();
    for (const auto& [name, candidates] : metrics) {
      VARVE_ASSIGN_OR_RETURN(const InfoSeries* newest, Newest(candidates, s));
      if (newest != nullptr) infos.push_back(newest);
    }
    if (infos.empty() && !selector.AcceptsNoInfo()) continue;
    const auto [position, inserted] = positions.try_emplace(infos, output->size());
    if (inserted) {
      VARVE_ASSIGN_OR_RETURN(storage::LabelSet labels, Enrich(series.labels, infos, selector));
      output->emplace_back(std::move(labels), steps);
      output->back().drops_name = series.drops_name;
    }
    (*output)[position->second].CopyPoint(s, series);
  }
  return absl::OkStatus();
}

// The time modifiers on the way to a selector, outermost first.
using ModifierPath = std::vector<const TimeModifiers*>;

// The paths to all selectors that the series of `expr` come from; false where some come from no
// selector. `*path` is the way to `expr`. Scalars lend their numbers, not their series.
bool FindPaths(const Expr& expr, ModifierPath* path, std::vector<ModifierPath>* paths) {
  const auto below = [&](const TimeModifiers& time, const Expr* inner) {
    path->push_back(&time);
    if (inner == nullptr) paths->push_back(*path);
    const bool found = inner == nullptr || FindPaths(*inner, path, paths);
    path->pop_back();
    return found;
  };
  switch (expr.kind) {
    case ExprKind::kNumberLiteral:
    case ExprKind::kStringLiteral:
      return false;
    case ExprKind::kVectorSelector:
      return below(As<VectorSelector>(expr).time, nullptr);
    case ExprKind::kMatrixSelector:
      return below(As<MatrixSelector>(expr).selector->time, nullptr);
    case ExprKind::kSubquery:
      return below(As<SubqueryExpr>(expr).time, As<SubqueryExpr>(expr).expr.get());
    case ExprKind::kUnary:
      return FindPaths(*As<UnaryExpr>(expr).expr, path, paths);
    case ExprKind::kParen:
      return FindPaths(*As<ParenExpr>(expr).expr, path, paths);
    case ExprKind::kBinary: {
      const auto& binary = As<BinaryExpr>(expr);
      for (const Expr* side : {binary.left.get(), binary.right.get()}) {
        if (side->type() != ValueType::kScalar && !FindPaths(*side, path, paths)) return false;
      }
      return expr.type() != ValueType::kScalar;
    }
    case ExprKind::kAggregate:
      return FindPaths(*As<AggregateExpr>(expr).expr, path, paths);
    case ExprKind::kCall: {
      const auto& call = As<Call>(expr);
      const bool is_info = call.function->id == FunctionId::kInfo;
      bool found = false;
      for (const ExprPtr& argument : call.arguments) {
        const ValueType type = argument->type();
        if (type != ValueType::kVector && type != ValueType::kMatrix) continue;
        if (found && is_info) break;  // its second argument names labels
        if (!FindPaths(*argument, path, paths)) return false;
        found = true;
      }
      return found;
    }
  }
  return false;
}

}  // namespace

WindowGrid Evaluator::SelectorWindows(const Expr& expr, const StepGrid& grid) const {
  const WindowGrid unshifted = MakeWindowGrid(grid, context_.limits().lookback_ms);
  ModifierPath path;
  std::vector<ModifierPath> paths;
  if (!FindPaths(expr, &path, &paths)) return unshifted;
  WindowGrid windows = unshifted;
  for (size_t i = 0; i < paths.size(); ++i) {
    std::vector<int64_t> end_ms = unshifted.end_ms;
    for (int64_t& end : end_ms) {
      for (const TimeModifiers* modifiers : paths[i]) end = ShiftedTime(*modifiers, end);
    }
    if (i > 0 && end_ms != windows.end_ms) return unshifted;
    windows.end_ms = std::move(end_ms);
  }
  return windows;
}

absl::StatusOr<StepVector> Evaluator::InfoCall(const Call& call, const StepGrid& grid) {
  VARVE_ASSIGN_OR_RETURN(const InfoSelector selector, ParseInfoSelector(call));
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(StepVector input, EvaluateVector(*call.arguments[0], grid, &hold));
  DropEmptySeries(&input);
  IdentityFilter filter;
  for (const StepSeries& series : input) {
    if (!selector.NamesInfoMetric(series.labels.metric_name())) filter.Add(series.labels);
  }
  absl::flat_hash_map<storage::LabelSet, InfoMetrics> infos;
  WindowCache cache(SelectorWindows(*call.arguments[0], grid));
  const storage::TimeRange range = cache.grid().Covered();
  std::vector<storage::Matcher> matchers = selector.name_matchers;
  matchers.insert(matchers.end(), selector.data_matchers.begin(), selector.data_matchers.end());
  VARVE_ASSIGN_OR_RETURN(const auto selection, querier_.SelectMetrics(matchers, range));
  VARVE_RETURN_IF_ERROR(context_.ChargeSeries(selection->size()));
  RollupScratch rollup_scratch;
  WindowScratch window_scratch;
  storage::SampleColumns columns;
  for (size_t i = 0; i < selection->size(); ++i) {
    const storage::LabelSetView labels = selection->labels(i);
    if (filter.empty() || !filter.Matches(labels)) continue;
    VARVE_RETURN_IF_ERROR(context_.CheckAlive());
    VARVE_RETURN_IF_ERROR(selection->Read(i, range, &columns));
    if (!columns.histograms.empty()) {
      return absl::FailedPreconditionError("info sample should be float");
    }
    if (columns.size() == 0) continue;
    InfoSeries info{storage::LabelSet(labels), StepSeries(storage::LabelSet(), grid.count())};
    RollupInstantTimestamp({.timestamps_ms = *columns.timestamps_ms,
                            .values = columns.values,
                            .grid = cache.grid(),
                            .windows = cache.Get(columns.timestamps_ms, &window_scratch),
                            .scratch = &rollup_scratch},
                           &info.timestamps);
    infos[IdentifyingLabels(labels)][std::string(labels.metric_name())].push_back(std::move(info));
  }
  VARVE_RETURN_IF_ERROR(CheckDistinctInfos(infos, input, grid.count()));
  StepVector output;
  const InfoMetrics none;
  for (StepSeries& series : input) {
    if (selector.NamesInfoMetric(series.labels.metric_name())) {
      output.push_back(std::move(series));
      continue;
    }
    const auto found = infos.find(IdentifyingLabels(series.labels));
    VARVE_RETURN_IF_ERROR(
        EnrichSeries(series, found == infos.end() ? none : found->second, selector, &output));
  }
  VARVE_RETURN_IF_ERROR(MergeSameLabels(&output));
  return output;
}

}  // namespace varve::query
