// info(): adds the data labels of info metrics, target_info and the like, to the series that have
// the same instance and job.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "query/promql/evaluator.h"
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

absl::StatusOr<const InfoSeries*> Newest(const std::vector<InfoSeries>& candidates, size_t step) {
  const InfoSeries* newest = nullptr;
  for (const InfoSeries& candidate : candidates) {
    if (!candidate.timestamps.present[step]) continue;
    if (newest == nullptr || candidate.timestamps.values[step] > newest->timestamps.values[step]) {
      newest = &candidate;
    } else if (candidate.timestamps.values[step] == newest->timestamps.values[step]) {
      return absl::FailedPreconditionError(
          storage::StrCat("found duplicate series for info metric: existing ",
                          newest->labels.ToString(), ", new ", candidate.labels.ToString()));
    }
  }
  return newest;
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
    }
    (*output)[position->second].CopyPoint(s, series);
  }
  return absl::OkStatus();
}

// The time modifiers on the way from `expr` to its first selector, outermost first; false where
// there is no selector.
bool FindModifiers(const Expr& expr, std::vector<const TimeModifiers*>* path) {
  switch (expr.kind) {
    case ExprKind::kNumberLiteral:
    case ExprKind::kStringLiteral:
      return false;
    case ExprKind::kVectorSelector:
      path->push_back(&As<VectorSelector>(expr).time);
      return true;
    case ExprKind::kMatrixSelector:
      return FindModifiers(*As<MatrixSelector>(expr).selector, path);
    case ExprKind::kSubquery:
      path->push_back(&As<SubqueryExpr>(expr).time);
      if (FindModifiers(*As<SubqueryExpr>(expr).expr, path)) return true;
      path->pop_back();
      return false;
    case ExprKind::kUnary:
      return FindModifiers(*As<UnaryExpr>(expr).expr, path);
    case ExprKind::kParen:
      return FindModifiers(*As<ParenExpr>(expr).expr, path);
    case ExprKind::kBinary:
      return FindModifiers(*As<BinaryExpr>(expr).left, path) ||
             FindModifiers(*As<BinaryExpr>(expr).right, path);
    case ExprKind::kAggregate:
      return FindModifiers(*As<AggregateExpr>(expr).expr, path);
    case ExprKind::kCall:
      for (const ExprPtr& argument : As<Call>(expr).arguments) {
        if (FindModifiers(*argument, path)) return true;
      }
      return false;
  }
  return false;
}

}  // namespace

WindowGrid Evaluator::SelectorWindows(const Expr& expr, const StepGrid& grid) const {
  std::vector<const TimeModifiers*> path;
  FindModifiers(expr, &path);
  WindowGrid windows = MakeWindowGrid(grid, context_.limits().lookback_ms);
  for (int64_t& end_ms : windows.end_ms) {
    for (const TimeModifiers* modifiers : path) end_ms = ShiftedTime(*modifiers, end_ms);
  }
  return windows;
}

absl::StatusOr<StepVector> Evaluator::InfoCall(const Call& call, const StepGrid& grid) {
  VARVE_ASSIGN_OR_RETURN(const InfoSelector selector, ParseInfoSelector(call));
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(StepVector input, EvaluateVector(*call.arguments[0], grid, &hold));
  DropEmptySeries(&input);
  absl::flat_hash_map<storage::LabelSet, InfoMetrics> infos;
  for (const StepSeries& series : input) {
    if (selector.NamesInfoMetric(series.labels.metric_name())) continue;
    storage::LabelSet identity = IdentifyingLabels(series.labels);
    if (!identity.empty()) infos.try_emplace(std::move(identity));
  }
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
    const auto found = infos.find(IdentifyingLabels(labels));
    if (found == infos.end()) continue;
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
    found->second[std::string(labels.metric_name())].push_back(std::move(info));
  }
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
