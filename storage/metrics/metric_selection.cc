#include "storage/metrics/metric_selection.h"

#include <algorithm>
#include <numeric>
#include <queue>

#include "storage/status_macros.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace varve::storage {
namespace {

// Columns kept for sharing. Scraped series need few; where every series has its own, sharing is of
// no use and the columns would only take memory.
constexpr size_t kSharedColumnsMax = 256;

// The series of one source that match, in label order.
struct SourceSeries {
  uint32_t source;
  std::vector<uint32_t> ids;
  std::vector<LabelSet> labels;
  size_t next = 0;
};

// Merges columns that overlap in time; of equal timestamps the one of the earlier column stays.
void MergeByTime(const std::vector<SampleColumns>& inputs, std::vector<int64_t>* timestamps_ms,
                 std::vector<double>* values) {
  std::vector<size_t> next(inputs.size());
  while (true) {
    size_t best = inputs.size();
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (next[i] == inputs[i].size()) continue;
      if (best == inputs.size() ||
          (*inputs[i].timestamps_ms)[next[i]] < (*inputs[best].timestamps_ms)[next[best]]) {
        best = i;
      }
    }
    if (best == inputs.size()) return;
    const int64_t timestamp_ms = (*inputs[best].timestamps_ms)[next[best]];
    timestamps_ms->push_back(timestamp_ms);
    values->push_back(inputs[best].values[next[best]]);
    for (size_t i = 0; i < inputs.size(); ++i) {
      while (next[i] < inputs[i].size() && (*inputs[i].timestamps_ms)[next[i]] == timestamp_ms) {
        ++next[i];
      }
    }
  }
}

bool Ascending(const std::vector<SampleColumns>& columns) {
  for (size_t i = 1; i < columns.size(); ++i) {
    if (columns[i].timestamps_ms->front() <= columns[i - 1].timestamps_ms->back()) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MergedMetricSelection>> MergedMetricSelection::Create(
    const std::vector<Matcher>& matchers, TimeRange range_ms,
    std::vector<std::shared_ptr<MetricPart>> parts, std::vector<HeadSeries> head) {
  std::unique_ptr<MergedMetricSelection> selection(new MergedMetricSelection());
  selection->parts_ = std::move(parts);
  selection->head_ = std::move(head);

  std::vector<SourceSeries> inputs;
  for (uint32_t i = 0; i < selection->parts_.size(); ++i) {
    MetricPart& part = *selection->parts_[i];
    if (!part.range_ms().Overlaps(range_ms)) continue;
    SourceSeries input{i, {}, {}, 0};
    VARVE_ASSIGN_OR_RETURN(input.ids, part.Match(matchers));
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
  if (!selection->head_.empty()) {
    SourceSeries input{kHead, std::vector<uint32_t>(selection->head_.size()), {}, 0};
    std::iota(input.ids.begin(), input.ids.end(), 0);
    input.labels.reserve(selection->head_.size());
    for (HeadSeries& series : selection->head_) input.labels.push_back(std::move(series.labels));
    inputs.push_back(std::move(input));
  }

  // A heap of sources by their next label set; of equal ones the earlier source first.
  const auto later = [&](size_t a, size_t b) {
    const int order = inputs[a].labels[inputs[a].next].Compare(inputs[b].labels[inputs[b].next]);
    return order != 0 ? order > 0 : a > b;
  };
  std::priority_queue<size_t, std::vector<size_t>, decltype(later)> heap(later);
  for (size_t i = 0; i < inputs.size(); ++i) heap.push(i);
  while (!heap.empty()) {
    const size_t i = heap.top();
    heap.pop();
    SourceSeries& input = inputs[i];
    const LabelSet& labels = input.labels[input.next];
    if (selection->entries_.empty() ||
        selection->labels(selection->entries_.size() - 1) != labels.view()) {
      selection->AddEntry(labels);
    }
    selection->sources_.push_back({input.source, input.ids[input.next]});
    if (++input.next < input.labels.size()) heap.push(i);
  }
  return selection;
}

void MergedMetricSelection::AddEntry(LabelSetView labels) {
  entries_.push_back({labels_.size(), static_cast<uint32_t>(labels.packed().size()),
                      static_cast<uint32_t>(sources_.size())});
  labels_.append(labels.packed());
}

LabelSetView MergedMetricSelection::labels(size_t index) const {
  const Entry& entry = entries_[index];
  return LabelSetView(std::string_view(labels_).substr(entry.labels_offset, entry.labels_bytes));
}

std::optional<size_t> MergedMetricSelection::Find(LabelSetView labels) const {
  size_t begin = 0;
  size_t end = size();
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    const int order = this->labels(middle).Compare(labels);
    if (order == 0) return middle;
    (order < 0 ? begin : end) = order < 0 ? middle + 1 : middle;
  }
  return std::nullopt;
}

absl::Status MergedMetricSelection::Read(size_t index, TimeRange range_ms,
                                         SampleColumns* columns) const {
  const size_t begin = entries_[index].sources_begin;
  const size_t end =
      index + 1 < entries_.size() ? entries_[index + 1].sources_begin : sources_.size();
  return ReadAll(std::span(sources_).subspan(begin, end - begin), range_ms, columns);
}

absl::Status MergedMetricSelection::ReadSource(Source source, TimeRange range_ms,
                                               SampleColumns* columns) const {
  if (source.part != kHead) {
    return parts_[source.part]->Read(source.id, range_ms, &columns->timestamps_ms,
                                     &columns->values);
  }
  std::vector<int64_t> timestamps_ms;
  columns->values.clear();
  VARVE_RETURN_IF_ERROR(
      DecodeChunks(head_[source.id].chunks, range_ms, &timestamps_ms, &columns->values));
  columns->timestamps_ms = Share(std::move(timestamps_ms));
  return absl::OkStatus();
}

absl::Status MergedMetricSelection::ReadAll(std::span<const Source> sources, TimeRange range_ms,
                                            SampleColumns* columns) const {
  if (sources.size() == 1) return ReadSource(sources[0], range_ms, columns);
  std::vector<SampleColumns> pieces;
  for (const Source& source : sources) {
    SampleColumns piece;
    VARVE_RETURN_IF_ERROR(ReadSource(source, range_ms, &piece));
    if (piece.size() > 0) pieces.push_back(std::move(piece));
  }
  if (pieces.empty()) {
    columns->values.clear();
    columns->timestamps_ms = Share({});
    return absl::OkStatus();
  }
  if (pieces.size() == 1) {
    *columns = std::move(pieces[0]);
    return absl::OkStatus();
  }
  if (!Ascending(pieces)) {
    // Parts of one day need not come in the order of their first samples.
    std::stable_sort(pieces.begin(), pieces.end(), [](const auto& a, const auto& b) {
      return a.timestamps_ms->front() < b.timestamps_ms->front();
    });
  }
  columns->values.clear();
  if (Ascending(pieces)) {
    std::vector<TimestampColumn> timestamps;
    for (const SampleColumns& piece : pieces) {
      timestamps.push_back(piece.timestamps_ms);
      columns->values.insert(columns->values.end(), piece.values.begin(), piece.values.end());
    }
    columns->timestamps_ms = Join(timestamps);
    return absl::OkStatus();
  }
  std::vector<int64_t> timestamps_ms;
  MergeByTime(pieces, &timestamps_ms, &columns->values);
  columns->timestamps_ms = Share(std::move(timestamps_ms));
  return absl::OkStatus();
}

TimestampColumn MergedMetricSelection::Share(std::vector<int64_t> timestamps_ms) const {
  const uint64_t hash =
      XXH3_64bits(timestamps_ms.data(), timestamps_ms.size() * sizeof(timestamps_ms[0]));
  MutexLock lock(&mutex_);
  if (shared_.size() > kSharedColumnsMax) shared_.clear();
  TimestampColumn& shared = shared_[hash];
  if (shared == nullptr) {
    shared = std::make_shared<const std::vector<int64_t>>(std::move(timestamps_ms));
    return shared;
  }
  if (*shared == timestamps_ms) return shared;
  return std::make_shared<const std::vector<int64_t>>(std::move(timestamps_ms));
}

TimestampColumn MergedMetricSelection::Join(const std::vector<TimestampColumn>& columns) const {
  {
    MutexLock lock(&mutex_);
    if (const auto found = joined_.find(columns); found != joined_.end()) return found->second;
  }
  std::vector<int64_t> timestamps_ms;
  for (const TimestampColumn& column : columns) {
    timestamps_ms.insert(timestamps_ms.end(), column->begin(), column->end());
  }
  auto joined = std::make_shared<const std::vector<int64_t>>(std::move(timestamps_ms));
  MutexLock lock(&mutex_);
  if (joined_.size() > kSharedColumnsMax) joined_.clear();
  return joined_.try_emplace(columns, std::move(joined)).first->second;
}

}  // namespace varve::storage
