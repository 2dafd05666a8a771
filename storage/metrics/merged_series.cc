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
  uint32_t source = MergedSeries::kHead;
  std::vector<uint32_t> ids;
  std::string labels;          // packed label sets, one behind the other
  std::vector<uint64_t> ends;  // where each of them ends
  size_t next = 0;

  LabelSetView next_labels() const {
    const uint64_t begin = next == 0 ? 0 : ends[next - 1];
    return LabelSetView(std::string_view(labels).substr(begin, ends[next] - begin));
  }
};

// Labels of a metric and an instance take about so much.
constexpr size_t kLabelBytes = 160;

absl::Status ReadLabels(const MetricPart& part, SourceSeries* input) {
  VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, part.Index());
  SeriesCursor cursor(index);
  input->labels.reserve(input->ids.size() * kLabelBytes);
  input->ends.reserve(input->ids.size());
  for (const uint32_t id : input->ids) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(id));
    VARVE_RETURN_IF_ERROR(cursor.AppendPacked(&input->labels));
    input->ends.push_back(input->labels.size());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MergedSeries> MergedSeries::Create(const std::vector<Matcher>& matchers,
                                                  TimeRange range_ms,
                                                  const std::vector<VisibleSeriesPart>& parts,
                                                  std::vector<LabelSet> head) {
  std::vector<SourceSeries> inputs;
  for (uint32_t i = 0; i < parts.size(); ++i) {
    const MetricPart& part = *parts[i].reader;
    if (!part.range_ms().Overlaps(range_ms)) continue;
    SourceSeries input;
    input.source = i;
    VARVE_ASSIGN_OR_RETURN(input.ids, MatchVisible(parts[i], matchers, range_ms));
    if (input.ids.empty()) continue;
    VARVE_RETURN_IF_ERROR(ReadLabels(part, &input));
    inputs.push_back(std::move(input));
  }
  if (!head.empty()) {
    SourceSeries input;
    input.ids.resize(head.size());
    std::iota(input.ids.begin(), input.ids.end(), 0);
    for (LabelSet& labels : head) {
      input.labels.append(labels.packed());
      input.ends.push_back(input.labels.size());
      labels = LabelSet();
    }
    inputs.push_back(std::move(input));
  }
  MergedSeries merged;
  if (inputs.size() == 1) {
    merged.TakeOnly(inputs[0].source, inputs[0].ids, inputs[0].ends, std::move(inputs[0].labels));
    return merged;
  }

  // A heap of sources by their next label set; of equal ones the earlier source first.
  const auto later = [&](size_t a, size_t b) {
    const LabelSetView labels_a = inputs[a].next_labels();
    const LabelSetView labels_b = inputs[b].next_labels();
    const int order = labels_a == labels_b ? 0 : labels_a.Compare(labels_b);
    return order != 0 ? order > 0 : a > b;
  };
  std::priority_queue<size_t, std::vector<size_t>, decltype(later)> heap(later);
  for (size_t i = 0; i < inputs.size(); ++i) heap.push(i);
  while (!heap.empty()) {
    const size_t i = heap.top();
    heap.pop();
    SourceSeries& input = inputs[i];
    const LabelSetView labels = input.next_labels();
    if (merged.entries_.empty() || merged.labels(merged.size() - 1) != labels) {
      merged.AddEntry(labels);
    }
    merged.sources_.push_back({input.source, input.ids[input.next]});
    if (++input.next < input.ids.size()) heap.push(i);
  }
  return merged;
}

void MergedSeries::TakeOnly(uint32_t source, const std::vector<uint32_t>& ids,
                            const std::vector<uint64_t>& ends, std::string labels) {
  labels_ = std::move(labels);
  entries_.reserve(ids.size());
  sources_.reserve(ids.size());
  uint64_t begin = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    entries_.push_back({begin, static_cast<uint32_t>(ends[i] - begin), static_cast<uint32_t>(i)});
    sources_.push_back({source, ids[i]});
    begin = ends[i];
  }
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
