#include "query/logql/series_accumulator.h"

#include <algorithm>
#include <utility>

namespace varve::query {

using storage::LabelSet;

namespace {

void AppendText(std::string_view text, std::string* key) {
  const auto size = static_cast<uint32_t>(text.size());
  key->append(reinterpret_cast<const char*>(&size), sizeof(size));
  key->append(text);
}

void AddInto(std::vector<int64_t>* into, const std::vector<int64_t>& from) {
  if (into->size() < from.size()) into->resize(from.size());
  for (size_t i = 0; i < from.size(); ++i) (*into)[i] += from[i];
}

}  // namespace

SeriesGrouping::SeriesGrouping(const std::optional<Grouping>& grouping, std::string_view except) {
  if (grouping) {
    by_ = !grouping->without;
    names_ = grouping->labels;
  }
  if (!by_ && !except.empty()) names_.emplace_back(except);
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

bool SeriesGrouping::Excludes(std::string_view name) const {
  return std::binary_search(names_.begin(), names_.end(), name, std::less<>());
}

void SeriesGrouping::AppendKey(const EntryLabels& labels, std::string* key) const {
  if (labels.has_error()) {
    key->append("!").append(labels.CollectAll().packed());
    return;
  }
  if (by_) {
    // A label without a value is not the same as none.
    for (const std::string& name : names_) {
      const std::string_view* value = labels.Find(name);
      key->push_back(value == nullptr ? '-' : '+');
      if (value != nullptr) AppendText(*value, key);
    }
    return;
  }
  // The same labels may come in another order: from the stream here, from a parser there.
  static thread_local std::vector<std::pair<std::string_view, std::string_view>> pairs;
  pairs.clear();
  for (const EntryLabels::Field& field : labels.fields()) {
    if (!Excludes(field.name)) pairs.emplace_back(field.name, field.value);
  }
  std::sort(pairs.begin(), pairs.end());
  for (const auto& [name, value] : pairs) {
    AppendText(name, key);
    AppendText(value, key);
  }
}

LabelSet SeriesGrouping::LabelsOf(const EntryLabels& labels) const {
  if (labels.has_error()) return labels.CollectAll();
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  if (by_) {
    for (const std::string& name : names_) {
      if (const std::string_view* value = labels.Find(name)) pairs.emplace_back(name, *value);
    }
  } else {
    for (const EntryLabels::Field& field : labels.fields()) {
      if (!Excludes(field.name)) pairs.emplace_back(field.name, field.value);
    }
  }
  return LabelSet::FromPairsWithEmpty(std::move(pairs));
}

SeriesAccumulator* SeriesMap::Find(const EntryLabels& labels, bool* is_new) {
  key_.clear();
  grouping_->AppendKey(labels, &key_);
  const auto [found, inserted] = index_.try_emplace(key_, series_.size());
  *is_new = inserted;
  if (inserted) {
    series_.emplace_back();
    series_.back().labels = grouping_->LabelsOf(labels);
  }
  return &series_[found->second];
}

void SeriesMap::Merge(SeriesMap&& other) {
  for (auto& [key, from] : other.index_) {
    const auto [found, inserted] = index_.try_emplace(key, series_.size());
    if (inserted) {
      series_.push_back(std::move(other.series_[from]));
      continue;
    }
    SeriesAccumulator& into = series_[found->second];
    SeriesAccumulator& addend = other.series_[from];
    AddInto(&into.entries, addend.entries);
    AddInto(&into.amounts, addend.amounts);
    into.samples.insert(into.samples.end(), addend.samples.begin(), addend.samples.end());
  }
}

}  // namespace varve::query
