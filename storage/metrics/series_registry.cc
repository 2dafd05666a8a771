#include "storage/metrics/series_registry.h"

#include <algorithm>
#include <bit>
#include <span>

#include "storage/metrics/histogram_series.h"
#include "storage/metrics/memory_series.h"
#include "storage/model/regex_automaton.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace varve::storage {
namespace {

constexpr size_t kWordBits = 64;
// How far ahead of a comparison of labels a series is fetched.
constexpr size_t kSeriesAhead = 12;
// Fewer values are asked of RE2: a table costs as much as about so many of its answers.
constexpr size_t kAutomatonValuesMin = 256;

void SetBits(std::span<const uint32_t> slots, std::vector<uint64_t>* bitmap) {
  for (const uint32_t slot : slots)
    (*bitmap)[slot / kWordBits] |= uint64_t{1} << (slot % kWordBits);
}

bool HasBit(const std::vector<uint64_t>& bitmap, uint32_t slot) {
  return (bitmap[slot / kWordBits] >> (slot % kWordBits)) & 1;
}

// Matcher::Matches for very many values.
class ValueTest {
 public:
  ValueTest(const Matcher& matcher, size_t value_count) : matcher_(matcher) {
    const bool is_expression =
        matcher.type() == MatchType::kRegex || matcher.type() == MatchType::kNotRegex;
    if (is_expression && matcher.literals().empty() && value_count >= kAutomatonValuesMin) {
      automaton_ = RegexAutomaton::Compile(matcher.value());
    }
  }
  bool operator()(std::string_view value) const {
    return automaton_ == nullptr ? matcher_.Matches(value)
                                 : automaton_->Matches(value) != matcher_.is_negative();
  }

 private:
  const Matcher& matcher_;
  std::unique_ptr<const RegexAutomaton> automaton_;
};

size_t CountBits(const std::vector<uint64_t>& bitmap) {
  size_t count = 0;
  for (const uint64_t word : bitmap) count += static_cast<size_t>(std::popcount(word));
  return count;
}

}  // namespace

template <typename Series>
RawLabelHash SeriesRegistry<Series>::HashRaw(std::string_view raw_labels) const {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(raw_labels.data(), raw_labels.size(), seed_);
  return {hash.low64, hash.high64};
}

template <typename Series>
Series* SeriesRegistry<Series>::FindLabels(LabelSetView labels) const {
  const auto it = by_labels_.find(LabelsKey(labels));
  return it == by_labels_.end() ? nullptr : it->series;
}

template <typename Series>
Series* SeriesRegistry<Series>::GetOrCreate(LabelSetView labels) {
  const size_t old_size = slots_.size();
  Series* const series = GetOrCreate(LabelsKey(labels));
  if (slots_.size() > old_size) Index(*series);
  return series;
}

template <typename Series>
Series* SeriesRegistry<Series>::GetOrCreate(const LabelsKey& key) {
  const auto known = by_labels_.lazy_emplace(key, [&](const auto& emplace) {
    slots_.push_back(std::make_unique<Series>(next_ref_++, key.labels));
    emplace(Known{key.hash, slots_.back().get()});
  });
  return known->series;
}

template <typename Series>
void SeriesRegistry<Series>::GetOrCreate(std::span<const LabelSetView> labels,
                                         std::vector<Series*>* series,
                                         std::vector<const Series*>* created) {
  std::vector<LabelsKey> keys;
  std::vector<size_t> places;  // of the keys in `labels`
  for (size_t i = 0; i < labels.size(); ++i) {
    if (i + kSeriesAhead < labels.size()) __builtin_prefetch((*series)[i + kSeriesAhead]);
    if ((*series)[i] != nullptr && (*series)[i]->labels() == labels[i]) continue;
    keys.emplace_back(labels[i]);
    places.push_back(i);
    by_labels_.prefetch(keys.back());
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    const size_t old_size = slots_.size();
    Series* const one = (*series)[places[i]] = GetOrCreate(keys[i]);
    if (slots_.size() > old_size) created->push_back(one);
  }
}

template <typename Series>
void SeriesRegistry<Series>::Index(std::span<const Series* const> created) {
  for (const Series* series : created) Index(*series);
}

template <typename Series>
void SeriesRegistry<Series>::Index(const Series& series) {
  const uint32_t slot = indexed_++;
  for (const LabelView& label : series.labels()) {
    postings_[label.name][label.value].push_back(slot);
  }
}

template <typename Series>
typename SeriesRegistry<Series>::Bitmap SeriesRegistry<Series>::MatchOne(
    const Matcher& matcher) const {
  Bitmap bitmap((slots_.size() + kWordBits - 1) / kWordBits);
  const auto name = postings_.find(matcher.name());
  const bool complement = matcher.MatchesEmpty();
  if (name != postings_.end()) {
    const Values& values = name->second;
    if (matcher.type() == MatchType::kEqual && !complement) {
      if (const auto value = values.find(matcher.value()); value != values.end()) {
        SetBits(value->second, &bitmap);
      }
    } else if (matcher.type() == MatchType::kRegex && !complement && !matcher.literals().empty()) {
      for (const std::string& literal : matcher.literals()) {
        if (const auto value = values.find(literal); value != values.end()) {
          SetBits(value->second, &bitmap);
        }
      }
    } else {
      // With the complement, the values that do not match are set first and flipped below, so that
      // series without the label come in.
      const ValueTest accepts(matcher, values.size());
      for (const auto& [value, slots] : values) {
        if (accepts(value) != complement) SetBits(slots, &bitmap);
      }
    }
  }
  if (complement) {
    for (uint64_t& word : bitmap) word = ~word;
  }
  return bitmap;
}

template <typename Series>
const std::vector<uint32_t>& SeriesRegistry<Series>::SortedSlots() const
    ABSL_NO_THREAD_SAFETY_ANALYSIS {
  // Series are only ever added at the end between two calls of RemoveEvicted, so the new ones are
  // sorted by themselves and merged in. Once up to date, readers share the vector: it changes only
  // when the registry does, which excludes them.
  MutexLock lock(&sorted_mutex_);
  if (sorted_slots_.size() < slots_.size()) {
    const auto less = [this](uint32_t a, uint32_t b) {
      return slots_[a]->labels() < slots_[b]->labels();
    };
    const size_t old_size = sorted_slots_.size();
    for (size_t slot = old_size; slot < slots_.size(); ++slot) {
      sorted_slots_.push_back(static_cast<uint32_t>(slot));
    }
    const auto middle = sorted_slots_.begin() + static_cast<ptrdiff_t>(old_size);
    std::sort(middle, sorted_slots_.end(), less);
    std::inplace_merge(sorted_slots_.begin(), middle, sorted_slots_.end(), less);
  }
  return sorted_slots_;
}

template <typename Series>
std::vector<Series*> SeriesRegistry<Series>::All() const {
  std::vector<Series*> all;
  all.reserve(slots_.size());
  for (const auto& series : slots_) all.push_back(series.get());
  return all;
}

template <typename Series>
std::vector<Series*> SeriesRegistry<Series>::Sorted() const {
  std::vector<Series*> sorted;
  sorted.reserve(slots_.size());
  for (const uint32_t slot : SortedSlots()) sorted.push_back(slots_[slot].get());
  return sorted;
}

template <typename Series>
typename SeriesRegistry<Series>::Bitmap SeriesRegistry<Series>::MatchAll(
    const std::vector<Matcher>& matchers) const {
  Bitmap matching((slots_.size() + kWordBits - 1) / kWordBits, ~uint64_t{0});
  for (const Matcher& matcher : matchers) {
    const Bitmap other = MatchOne(matcher);
    for (size_t word = 0; word < matching.size(); ++word) matching[word] &= other[word];
  }
  if (!slots_.empty() && slots_.size() % kWordBits != 0) {
    matching.back() &= (uint64_t{1} << (slots_.size() % kWordBits)) - 1;
  }
  return matching;
}

template <typename Series>
std::vector<Series*> SeriesRegistry<Series>::Match(const std::vector<Matcher>& matchers) const {
  if (matchers.empty()) return Sorted();
  const Bitmap matching = MatchAll(matchers);
  const size_t count = CountBits(matching);

  std::vector<Series*> series;
  series.reserve(count);
  constexpr size_t kWholeOrderFactor = 16;
  if (count * kWholeOrderFactor > slots_.size()) {
    for (const uint32_t slot : SortedSlots()) {
      if (HasBit(matching, slot)) series.push_back(slots_[slot].get());
    }
    return series;
  }
  for (size_t word = 0; word < matching.size(); ++word) {
    for (uint64_t bits = matching[word]; bits != 0; bits &= bits - 1) {
      series.push_back(
          slots_[word * kWordBits + static_cast<size_t>(std::countr_zero(bits))].get());
    }
  }
  std::sort(series.begin(), series.end(),
            [](const Series* a, const Series* b) { return a->labels() < b->labels(); });
  return series;
}

template <typename Series>
void SeriesRegistry<Series>::AddLabelNames(std::vector<std::string>* names) const {
  for (const auto& [name, values] : postings_) names->emplace_back(name);
}

template <typename Series>
void SeriesRegistry<Series>::AddLabelValues(std::string_view name,
                                            std::vector<std::string>* values) const {
  const auto found = postings_.find(name);
  if (found == postings_.end()) return;
  values->reserve(values->size() + found->second.size());
  for (const auto& [value, slots] : found->second) values->emplace_back(value);
}

template <typename Series>
void SeriesRegistry<Series>::AddLabelValues(std::string_view name,
                                            const std::vector<Matcher>& matchers,
                                            absl::FunctionRef<bool(const Series& series)> wanted,
                                            std::vector<std::string>* values) const {
  const auto found = postings_.find(name);
  if (found == postings_.end()) return;
  const Bitmap matching = MatchAll(matchers);
  if (found->second.size() <= CountBits(matching)) {
    for (const auto& [value, slots] : found->second) {
      const bool any = std::any_of(slots.begin(), slots.end(), [&](uint32_t slot) {
        return HasBit(matching, slot) && wanted(*slots_[slot]);
      });
      if (any) values->emplace_back(value);
    }
    return;
  }
  StringViewMap<bool> seen;
  for (size_t word = 0; word < matching.size(); ++word) {
    for (uint64_t bits = matching[word]; bits != 0; bits &= bits - 1) {
      const Series& series =
          *slots_[word * kWordBits + static_cast<size_t>(std::countr_zero(bits))];
      const std::string_view value = series.labels().Get(name);
      if (value.empty() || seen.contains(value) || !wanted(series)) continue;
      seen.try_emplace(value, true);
      values->emplace_back(value);
    }
  }
}

template <typename Series>
void SeriesRegistry<Series>::RemoveEvicted() {
  absl::erase_if(by_raw_, [](const auto& entry) { return entry.second->evicted; });
  absl::erase_if(by_labels_, [](const Known& known) { return known.series->evicted; });
  postings_.clear();
  std::erase_if(slots_, [](const auto& series) { return series->evicted; });
  slots_.shrink_to_fit();
  {
    MutexLock lock(&sorted_mutex_);
    sorted_slots_.clear();
  }
  indexed_ = 0;
  for (const auto& series : slots_) Index(*series);
}

template class SeriesRegistry<MemorySeries>;
template class SeriesRegistry<HistogramSeries>;

}  // namespace varve::storage
