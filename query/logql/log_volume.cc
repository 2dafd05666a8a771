#include "query/logql/log_volume.h"

#include <algorithm>
#include <map>
#include <memory>

#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::LabelSetView;
using storage::LabelView;
using GroupLabels = std::vector<std::pair<std::string, std::string>>;

// The labels that name a stream's groups.
class Grouping {
 public:
  Grouping(const std::vector<storage::Matcher>& matchers, const LogVolumeQuery& query)
      : names_(query.target_labels), by_label_name_(query.by_label_name) {
    if (!names_.empty()) return;
    const bool excludes = std::any_of(matchers.begin(), matchers.end(), [](const auto& matcher) {
      return !(matcher.type() == storage::MatchType::kRegex && matcher.value() == ".*");
    });
    if (!excludes) return;
    for (const storage::Matcher& matcher : matchers) names_.push_back(matcher.name());
  }

  std::vector<GroupLabels> Of(LabelSetView labels) const {
    GroupLabels chosen;
    for (const LabelView& label : labels) {
      if (Wants(label.name)) chosen.emplace_back(label.name, label.value);
    }
    std::vector<GroupLabels> groups;
    if (!by_label_name_) {
      groups.push_back(std::move(chosen));
      return groups;
    }
    for (auto& [name, value] : chosen) groups.push_back({{std::move(name), ""}});
    return groups;
  }

 private:
  bool Wants(std::string_view name) const {
    return names_.empty() || std::find(names_.begin(), names_.end(), name) != names_.end();
  }

  std::vector<std::string> names_;
  bool by_label_name_;
};

// The step of a time, counted from the one that the range begins in.
size_t StepOf(const LogVolumeQuery& query, int64_t time_ns) {
  if (query.step_ns == 0) return 0;
  return static_cast<size_t>(storage::FloorDivide(time_ns, query.step_ns) -
                             storage::FloorDivide(query.range_ns.begin, query.step_ns));
}

absl::StatusOr<std::vector<uint64_t>> StreamBytes(const storage::LogSelection& selection,
                                                  size_t index, const LogVolumeQuery& query,
                                                  QueryContext* context) {
  const storage::TimeRange range_ns = query.range_ns;
  std::vector<uint64_t> bytes(StepOf(query, range_ns.end - 1) + 1);
  storage::LogReadOptions options;
  options.range_ns = range_ns;
  options.need_lines = false;
  options.need_metadata = false;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::LogCursor> cursor,
                         selection.Open(index, options));
  storage::LogColumns columns;
  while (true) {
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    VARVE_ASSIGN_OR_RETURN(const bool more, cursor->Next(&columns));
    if (!more) return bytes;
    context->stats().entries += columns.size;
    for (size_t i = 0; i < columns.size; ++i) {
      bytes[StepOf(query, columns.timestamps_ns[i])] += columns.line_bytes[i];
    }
  }
}

}  // namespace

int64_t LogVolumeStepNs(const LogVolumeQuery& query, size_t step) {
  if (step == 0) return query.range_ns.begin;
  const int64_t first = storage::FloorDivide(query.range_ns.begin, query.step_ns);
  return (first + static_cast<int64_t>(step)) * query.step_ns;
}

absl::StatusOr<std::vector<LogVolumeGroup>> SumLogVolumes(
    const storage::Querier& querier, const std::vector<storage::Matcher>& matchers,
    const LogVolumeQuery& query, QueryContext* context) {
  std::vector<LogVolumeGroup> groups;
  if (query.range_ns.empty()) return groups;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::LogSelection> selection,
                         querier.SelectLogs(matchers, query.range_ns));
  VARVE_RETURN_IF_ERROR(context->ChargeSeries(selection->size()));
  std::vector<std::vector<uint64_t>> bytes(selection->size());
  VARVE_RETURN_IF_ERROR(context->ParallelFor(selection->size(), [&](size_t index) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(bytes[index], StreamBytes(*selection, index, query, context));
    return absl::OkStatus();
  }));
  const Grouping grouping(matchers, query);
  std::map<GroupLabels, LogVolumeGroup> by_labels;
  for (size_t i = 0; i < selection->size(); ++i) {
    for (GroupLabels& labels : grouping.Of(selection->labels(i))) {
      LogVolumeGroup& group = by_labels[labels];
      group.labels = std::move(labels);
      group.bytes.resize(bytes[i].size());
      for (size_t step = 0; step < bytes[i].size(); ++step) {
        group.bytes[step] += bytes[i][step];
        group.total_bytes += bytes[i][step];
      }
    }
  }
  for (auto& [labels, group] : by_labels) {
    if (group.total_bytes > 0) groups.push_back(std::move(group));
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const LogVolumeGroup& a, const LogVolumeGroup& b) {
                     return a.total_bytes > b.total_bytes;
                   });
  if (groups.size() > query.limit) groups.resize(query.limit);
  return groups;
}

}  // namespace varve::query
