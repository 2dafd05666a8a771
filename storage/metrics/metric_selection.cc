#include "storage/metrics/metric_selection.h"

#include <algorithm>

#include "storage/status_macros.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace varve::storage {
namespace {

// Columns kept for sharing. Scraped series need few; where every series has its own, sharing is of
// no use and the columns would only take memory.
constexpr size_t kSharedColumnsMax = 256;

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

bool Ascending(const std::vector<const SampleColumns*>& columns) {
  for (size_t i = 1; i < columns.size(); ++i) {
    if (columns[i]->timestamps_ms->front() <= columns[i - 1]->timestamps_ms->back()) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MergedMetricSelection>> MergedMetricSelection::Create(
    const std::vector<Matcher>& matchers, TimeRange range_ms, std::vector<VisibleMetricPart> parts,
    std::vector<HeadSeries> head) {
  std::unique_ptr<MergedMetricSelection> selection(new MergedMetricSelection());
  selection->parts_ = std::move(parts);
  selection->head_ = std::move(head);

  std::vector<VisibleSeriesPart> series_parts;
  for (const VisibleMetricPart& part : selection->parts_) {
    series_parts.emplace_back(part.reader.get(), part.deletions);
  }
  std::vector<LabelSet> head_labels;
  head_labels.reserve(selection->head_.size());
  for (HeadSeries& series : selection->head_) head_labels.push_back(std::move(series.labels));
  VARVE_ASSIGN_OR_RETURN(selection->series_, MergedSeries::Create(matchers, range_ms, series_parts,
                                                                  std::move(head_labels)));
  return selection;
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

class MergedMetricSelection::Reader : public MetricReader {
 public:
  explicit Reader(const MergedMetricSelection* selection)
      : selection_(selection), readers_(selection->parts_.size()) {}
  absl::Status Read(size_t index, TimeRange range_ms, SampleColumns* columns) override {
    columns->histogram_timestamps_ms.clear();
    columns->histograms.clear();
    return selection_->ReadAll(selection_->series_.sources(index), range_ms, &readers_, columns);
  }

 private:
  const MergedMetricSelection* selection_;
  PartReaders readers_;
};

std::unique_ptr<MetricReader> MergedMetricSelection::NewReader() const {
  return std::make_unique<Reader>(this);
}

absl::Status MergedMetricSelection::Read(size_t index, TimeRange range_ms,
                                         SampleColumns* columns) const {
  return Reader(this).Read(index, range_ms, columns);
}

absl::Status MergedMetricSelection::ReadSource(Source source, TimeRange range_ms,
                                               PartReaders* readers, SampleColumns* columns) const {
  if (source.part != MergedSeries::kHead && parts_[source.part].deletions == nullptr) {
    std::optional<MetricPartReader>& reader = (*readers)[source.part];
    if (!reader.has_value()) reader.emplace(parts_[source.part].reader.get());
    return reader->Read(source.id, range_ms, &columns->timestamps_ms, &columns->values);
  }
  if (source.part != MergedSeries::kHead) {
    return ReadVisible(parts_[source.part], source.id, range_ms, &columns->timestamps_ms,
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
                                            PartReaders* readers, SampleColumns* columns) const {
  if (sources.size() == 1) return ReadSource(sources[0], range_ms, readers, columns);
  std::vector<SampleColumns> pieces;
  for (const Source& source : sources) {
    SampleColumns piece;
    VARVE_RETURN_IF_ERROR(ReadSource(source, range_ms, readers, &piece));
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
  columns->values.clear();
  // Sources stand in the order of age, which need not be that of their samples.
  std::vector<const SampleColumns*> by_time;
  for (const SampleColumns& piece : pieces) by_time.push_back(&piece);
  std::stable_sort(by_time.begin(), by_time.end(), [](const auto* a, const auto* b) {
    return a->timestamps_ms->front() < b->timestamps_ms->front();
  });
  if (Ascending(by_time)) {
    std::vector<TimestampColumn> timestamps;
    for (const SampleColumns* piece : by_time) {
      timestamps.push_back(piece->timestamps_ms);
      columns->values.insert(columns->values.end(), piece->values.begin(), piece->values.end());
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
