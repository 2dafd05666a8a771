// SeriesAccumulator: what a range aggregation gathers of each series while it reads entries.
//
// Threads:  one thread; accumulators of several threads are merged afterwards.
#ifndef QUERY_LOGQL_SERIES_ACCUMULATOR_H_
#define QUERY_LOGQL_SERIES_ACCUMULATOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "query/engine/aggregation.h"
#include "query/logql/entry_labels.h"
#include "query/logql/window_function.h"
#include "storage/model/label_set.h"

namespace varve::query {

// Which labels of an entry name its series.
class SeriesGrouping {
 public:
  // No grouping: all labels but `except`, which may be empty.
  SeriesGrouping(const std::optional<Grouping>& grouping, std::string_view except);

  // A key that equal series have in common. An entry with an error keeps all its labels, so that
  // the error is not lost.
  void AppendKey(const EntryLabels& labels, std::string* key) const;
  storage::LabelSet LabelsOf(const EntryLabels& labels) const;
  // The names a series has, where that is known.
  const std::vector<std::string>* by() const { return by_ ? &names_ : nullptr; }

 private:
  bool Excludes(std::string_view name) const;

  bool by_ = false;
  std::vector<std::string> names_;  // sorted: of `by`, or excluded
};

struct SeriesAccumulator {
  storage::LabelSet labels;
  // Differences from step to step, one more than there are steps.
  std::vector<int64_t> entries;
  std::vector<int64_t> amounts;    // line bytes
  std::vector<LogSample> samples;  // of an unwrapped aggregation, instead
};

// The series of one thread.
class SeriesMap {
 public:
  explicit SeriesMap(const SeriesGrouping* grouping) : grouping_(grouping) {}

  // The series of an entry, made where it is new.
  SeriesAccumulator* Find(const EntryLabels& labels, bool* is_new);
  // Takes over what another thread gathered. Samples are appended.
  void Merge(SeriesMap&& other);
  std::vector<SeriesAccumulator> Finish() && { return std::move(series_); }
  // Pointers move as series are added; positions stay.
  SeriesAccumulator* at(size_t position) { return &series_[position]; }
  size_t index_of(const SeriesAccumulator* series) const {
    return static_cast<size_t>(series - series_.data());
  }

 private:
  const SeriesGrouping* grouping_;
  absl::flat_hash_map<std::string, size_t> index_;
  std::vector<SeriesAccumulator> series_;
  std::string key_;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_SERIES_ACCUMULATOR_H_
