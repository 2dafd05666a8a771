#include "tests/support/memory_querier.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "query/engine/histogram_reset.h"
#include "storage/model/mutex.h"

namespace varve::tests {
namespace {

bool Matches(const std::vector<storage::Matcher>& matchers, storage::LabelSetView labels) {
  return std::all_of(matchers.begin(), matchers.end(), [labels](const storage::Matcher& matcher) {
    return matcher.Matches(labels.Get(matcher.name()));
  });
}

bool HasAnyIn(const std::vector<int64_t>& timestamps_ms, storage::TimeRange range_ms) {
  const auto first = std::lower_bound(timestamps_ms.begin(), timestamps_ms.end(), range_ms.begin);
  return first != timestamps_ms.end() && *first < range_ms.end;
}

bool HasSampleIn(const MemoryQuerier::Series& series, storage::TimeRange range_ms) {
  return HasAnyIn(*series.timestamps_ms, range_ms) ||
         HasAnyIn(series.histogram_timestamps_ms, range_ms);
}

// A value of a series.
struct Value {
  double number = 0;
  storage::HistogramPtr histogram;
};

// What is known of a histogram that comes after `before` in a chunk: that it is a gauge, or that it
// goes on from the one before. The first of a chunk may or may not follow a reset.
storage::CounterResetHint StoredHint(const Value* before, const storage::Histogram& now) {
  using storage::CounterResetHint;
  if (now.reset_hint == CounterResetHint::kGauge) return CounterResetHint::kGauge;
  if (before == nullptr || before->histogram == nullptr) return CounterResetHint::kUnknown;
  const storage::Histogram& then = *before->histogram;
  const bool goes_on = then.reset_hint != CounterResetHint::kGauge && then.schema == now.schema &&
                       then.zero_threshold == now.zero_threshold &&
                       then.custom_values == now.custom_values &&
                       now.reset_hint != CounterResetHint::kReset && !query::IsReset(then, now);
  return goes_on ? CounterResetHint::kNotReset : CounterResetHint::kUnknown;
}

class MemorySelection : public storage::MetricSelection {
 public:
  // Start timestamps by time, of one series.
  using Starts = std::map<int64_t, int64_t>;

  MemorySelection(std::vector<std::shared_ptr<const MemoryQuerier::Series>> series,
                  std::vector<Starts> starts)
      : series_(std::move(series)), starts_(std::move(starts)) {}

  size_t size() const override { return series_.size(); }
  storage::LabelSetView labels(size_t index) const override { return series_[index]->labels; }
  absl::Status Read(size_t index, storage::TimeRange range_ms,
                    storage::SampleColumns* columns) const override {
    const MemoryQuerier::Series& series = *series_[index];
    const std::vector<int64_t>& times = *series.timestamps_ms;
    const auto begin = std::lower_bound(times.begin(), times.end(), range_ms.begin);
    const auto end = std::lower_bound(begin, times.end(), range_ms.end);
    if (begin == times.begin() && end == times.end()) {
      columns->timestamps_ms = series.timestamps_ms;
    } else {
      columns->timestamps_ms = Slice(series.timestamps_ms, range_ms);
    }
    columns->values.assign(series.values.begin() + (begin - times.begin()),
                           series.values.begin() + (end - times.begin()));
    columns->histogram_timestamps_ms.clear();
    columns->histograms.clear();
    for (size_t i = 0; i < series.histograms.size(); ++i) {
      const int64_t time_ms = series.histogram_timestamps_ms[i];
      if (time_ms < range_ms.begin || time_ms >= range_ms.end) continue;
      columns->histogram_timestamps_ms.push_back(time_ms);
      columns->histograms.push_back(series.histograms[i]);
    }
    return absl::OkStatus();
  }
  absl::Status ReadStartTimestamps(size_t index, storage::TimeRange range_ms,
                                   storage::SampleColumns* columns) const override {
    columns->start_timestamps_ms.clear();
    columns->histogram_start_timestamps_ms.clear();
    const Starts& starts = starts_[index];
    if (starts.empty()) return absl::OkStatus();
    const auto add = [&](const std::vector<int64_t>& times, std::vector<int64_t>* to) {
      for (const int64_t time_ms : times) {
        if (time_ms < range_ms.begin || time_ms >= range_ms.end) continue;
        const auto found = starts.find(time_ms);
        to->push_back(found == starts.end() ? 0 : found->second);
      }
    };
    add(*series_[index]->timestamps_ms, &columns->start_timestamps_ms);
    add(series_[index]->histogram_timestamps_ms, &columns->histogram_start_timestamps_ms);
    return absl::OkStatus();
  }

 private:
  // Series that share a column share its slices too.
  storage::TimestampColumn Slice(const storage::TimestampColumn& column,
                                 storage::TimeRange range_ms) const {
    storage::MutexLock lock(&mutex_);
    storage::TimestampColumn& slice = slices_[{column.get(), range_ms.begin, range_ms.end}];
    if (slice == nullptr) {
      const auto begin = std::lower_bound(column->begin(), column->end(), range_ms.begin);
      const auto end = std::lower_bound(begin, column->end(), range_ms.end);
      slice = std::make_shared<const std::vector<int64_t>>(begin, end);
    }
    return slice;
  }

  std::vector<std::shared_ptr<const MemoryQuerier::Series>> series_;
  std::vector<Starts> starts_;
  mutable storage::Mutex mutex_;
  mutable std::map<std::tuple<const void*, int64_t, int64_t>, storage::TimestampColumn> slices_
      ABSL_GUARDED_BY(mutex_);
};

class EmptyLogSelection : public storage::LogSelection {
 public:
  size_t size() const override { return 0; }
  storage::LabelSetView labels(size_t) const override { return {}; }
  absl::StatusOr<std::unique_ptr<storage::LogCursor>> Open(
      size_t, const storage::LogReadOptions&) const override {
    return absl::NotFoundError("cannot open a log stream: this querier has metrics only");
  }
};

}  // namespace

storage::TimestampColumn MemoryQuerier::Share(std::vector<int64_t> timestamps_ms) {
  const auto [position, inserted] = columns_.try_emplace(std::move(timestamps_ms));
  if (inserted) {
    position->second = std::make_shared<const std::vector<int64_t>>(position->first);
  }
  return position->second;
}

void MemoryQuerier::Add(const storage::LabelSet& labels,
                        const std::vector<storage::Sample>& samples,
                        const std::vector<HistogramSample>& histograms) {
  std::map<int64_t, Value> merged;
  std::shared_ptr<const Series>& slot = series_[labels];
  if (slot != nullptr) {
    for (size_t i = 0; i < slot->values.size(); ++i) {
      merged[(*slot->timestamps_ms)[i]] = {slot->values[i], nullptr};
    }
    for (size_t i = 0; i < slot->histograms.size(); ++i) {
      merged[slot->histogram_timestamps_ms[i]] = {0, slot->histograms[i]};
    }
  }
  for (const storage::Sample& sample : samples) {
    merged[sample.timestamp_ms] = {sample.value, nullptr};
  }
  for (const HistogramSample& sample : histograms) {
    merged[sample.timestamp_ms] = {0, sample.histogram};
  }
  auto series = std::make_shared<Series>();
  series->labels = labels;
  std::vector<int64_t> times;
  const Value* before = nullptr;
  for (const auto& [time, value] : merged) {
    if (value.histogram == nullptr) {
      times.push_back(time);
      series->values.push_back(value.number);
    } else {
      auto stored = std::make_shared<storage::Histogram>(*value.histogram);
      stored->reset_hint = StoredHint(before, *value.histogram);
      series->histogram_timestamps_ms.push_back(time);
      series->histograms.push_back(std::move(stored));
    }
    before = &value;
  }
  series->timestamps_ms = Share(std::move(times));
  slot = std::move(series);
}

absl::StatusOr<std::unique_ptr<storage::MetricSelection>> MemoryQuerier::SelectMetrics(
    const std::vector<storage::Matcher>& matchers, storage::TimeRange range_ms) const {
  std::vector<std::shared_ptr<const Series>> selected;
  std::vector<MemorySelection::Starts> starts;
  for (const auto& [labels, series] : series_) {
    if (!Matches(matchers, labels) || !HasSampleIn(*series, range_ms)) continue;
    selected.push_back(series);
    const auto found = start_timestamps_ms_.find(labels);
    starts.push_back(found == start_timestamps_ms_.end() ? MemorySelection::Starts()
                                                         : found->second);
  }
  return std::make_unique<MemorySelection>(std::move(selected), std::move(starts));
}

absl::StatusOr<std::unique_ptr<storage::LogSelection>> MemoryQuerier::SelectLogs(
    const std::vector<storage::Matcher>&, storage::TimeRange) const {
  return std::make_unique<EmptyLogSelection>();
}

absl::StatusOr<std::vector<std::string>> MemoryQuerier::MetricLabelNames(
    const std::vector<storage::Matcher>& matchers, storage::TimeRange range_ms) const {
  std::set<std::string> names;
  for (const auto& [labels, series] : series_) {
    if (!Matches(matchers, labels) || !HasSampleIn(*series, range_ms)) continue;
    for (const storage::LabelView& label : labels) names.emplace(label.name);
  }
  return std::vector<std::string>(names.begin(), names.end());
}

absl::StatusOr<std::vector<std::string>> MemoryQuerier::MetricLabelValues(
    std::string_view name, const std::vector<storage::Matcher>& matchers,
    storage::TimeRange range_ms) const {
  std::set<std::string> values;
  for (const auto& [labels, series] : series_) {
    if (!Matches(matchers, labels) || !HasSampleIn(*series, range_ms)) continue;
    if (labels.Has(name)) values.emplace(labels.Get(name));
  }
  return std::vector<std::string>(values.begin(), values.end());
}

absl::StatusOr<std::vector<std::string>> MemoryQuerier::LogLabelNames(
    const std::vector<storage::Matcher>&, storage::TimeRange) const {
  return std::vector<std::string>();
}

absl::StatusOr<std::vector<std::string>> MemoryQuerier::LogLabelValues(
    std::string_view, const std::vector<storage::Matcher>&, storage::TimeRange) const {
  return std::vector<std::string>();
}

absl::StatusOr<storage::LogVolume> MemoryQuerier::Volume(const std::vector<storage::Matcher>&,
                                                         storage::TimeRange) const {
  return storage::LogVolume();
}

}  // namespace varve::tests
