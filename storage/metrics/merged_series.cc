#include "storage/metrics/merged_series.h"

#include <numeric>
#include <queue>
#include <utility>

#include "storage/index/series_index.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// The series of one source that match, in label order.
struct SourceSeries {
  uint32_t source;
  std::vector<uint32_t> ids;
  std::vector<LabelSet> labels;
  size_t next = 0;
};

}  // namespace

absl::StatusOr<MergedSeries> MergedSeries::Create(const std::vector<Matcher>& matchers,
                                                  TimeRange range_ms,
                                                  const std::vector<VisibleSeriesPart>& parts,
                                                  std::vector<LabelSet> head) {
  std::vector<SourceSeries> inputs;
  for (uint32_t i = 0; i < parts.size(); ++i) {
    const MetricPart& part = *parts[i].reader;
    if (!part.range_ms().Overlaps(range_ms)) continue;
    SourceSeries input{i, {}, {}, 0};
    VARVE_ASSIGN_OR_RETURN(input.ids, MatchVisible(parts[i], matchers, range_ms));
    input.labels.reserve(input.ids.size());
    VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, part.Index());
    SeriesCursor cursor(index);
    for (const uint32_t id : input.ids) {
      LabelSetBuilder labels;
      VARVE_RETURN_IF_ERROR(cursor.Seek(id));
      VARVE_RETURN_IF_ERROR(cursor.AppendLabels(&labels));
      input.labels.push_back(labels.Build());
    }
    if (!input.ids.empty()) inputs.push_back(std::move(input));
  }
  if (!head.empty()) {
    SourceSeries input{kHead, std::vector<uint32_t>(head.size()), std::move(head), 0};
    std::iota(input.ids.begin(), input.ids.end(), 0);
    inputs.push_back(std::move(input));
  }

  // A heap of sources by their next label set; of equal ones the earlier source first.
  const auto later = [&](size_t a, size_t b) {
    const int order = inputs[a].labels[inputs[a].next].Compare(inputs[b].labels[inputs[b].next]);
    return order != 0 ? order > 0 : a > b;
  };
  std::priority_queue<size_t, std::vector<size_t>, decltype(later)> heap(later);
  for (size_t i = 0; i < inputs.size(); ++i) heap.push(i);
  MergedSeries merged;
  while (!heap.empty()) {
    const size_t i = heap.top();
    heap.pop();
    SourceSeries& input = inputs[i];
    const LabelSet& labels = input.labels[input.next];
    if (merged.entries_.empty() || merged.labels(merged.size() - 1) != labels.view()) {
      merged.AddEntry(labels);
    }
    merged.sources_.push_back({input.source, input.ids[input.next]});
    if (++input.next < input.labels.size()) heap.push(i);
  }
  return merged;
}

void MergedSeries::AddEntry(LabelSetView labels) {
  entries_.push_back({labels_.size(), static_cast<uint32_t>(labels.packed().size()),
                      static_cast<uint32_t>(sources_.size())});
  labels_.append(labels.packed());
}

LabelSetView MergedSeries::labels(size_t index) const {
  const Entry& entry = entries_[index];
  return LabelSetView(std::string_view(labels_).substr(entry.labels_offset, entry.labels_bytes));
}

std::span<const MergedSeries::Source> MergedSeries::sources(size_t index) const {
  const size_t begin = entries_[index].sources_begin;
  const size_t end =
      index + 1 < entries_.size() ? entries_[index + 1].sources_begin : sources_.size();
  return std::span(sources_).subspan(begin, end - begin);
}

}  // namespace varve::storage
