// SeriesRegistry: which series the head has, and how to find them: by the raw label block they come
// in, by label set, and by matchers.
//
// A raw label block is known by 128 bits of seeded XXH3 over its bytes; a label set that comes in
// several raw forms (other order, other field numbers) has one entry for each. The label index maps
// a label's name and value to the slots of the series that have it.
//
// `Series` is MemorySeries or HistogramSeries: it has ref(), labels() and `evicted`.
//
// Threads:  thread-compatible; the head's registry lock guards it. FindRaw, Match and the like may
//           overlap each other.
// Owns:     the series; pointers stay valid until Evict removes them.
#ifndef STORAGE_METRICS_SERIES_REGISTRY_H_
#define STORAGE_METRICS_SERIES_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "absl/hash/hash.h"
#include "storage/model/label_set.h"
#include "storage/model/matcher.h"
#include "storage/model/mutex.h"
#include "storage/model/text.h"

namespace varve::storage {

// 128 bits that stand for a raw label block.
struct RawLabelHash {
  uint64_t low = 0;
  uint64_t high = 0;

  friend bool operator==(const RawLabelHash&, const RawLabelHash&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const RawLabelHash& hash) {
    return H::combine(std::move(h), hash.low);
  }
};

template <typename Series>
class SeriesRegistry {
 public:
  // `seed` keeps an attacker from making label blocks that collide.
  explicit SeriesRegistry(uint64_t seed) : seed_(seed) {}

  RawLabelHash HashRaw(std::string_view raw_labels) const;
  // nullptr where the raw block was not seen before.
  Series* FindRaw(const RawLabelHash& hash) const {
    const auto it = by_raw_.find(hash);
    return it == by_raw_.end() ? nullptr : it->second;
  }
  void PrefetchRaw(const RawLabelHash& hash) const { by_raw_.prefetch(hash); }
  Series* FindLabels(LabelSetView labels) const;

  // The series of `labels`, made with the next reference where it is missing.
  Series* GetOrCreate(LabelSetView labels);
  // The same of many at once, for a replay. What `(*series)[i]` says already is taken where it has
  // these labels. The new ones are appended to `*created`, and no matcher finds them before they
  // went through Index, in this order.
  void GetOrCreate(std::span<const LabelSetView> labels, std::vector<Series*>* series,
                   std::vector<const Series*>* created);
  // May run beside GetOrCreate of many: it touches nothing else than the label index.
  void Index(std::span<const Series* const> created);
  void AddRaw(const RawLabelHash& hash, Series* series) { by_raw_[hash] = series; }

  size_t size() const { return slots_.size(); }
  // All series, in no particular order.
  const std::vector<std::unique_ptr<Series>>& series() const { return slots_; }
  std::vector<Series*> All() const;
  // All series (or those that match), sorted by label set.
  std::vector<Series*> Sorted() const;
  std::vector<Series*> Match(const std::vector<Matcher>& matchers) const;
  // Appends the label names of all series, or the values of one name, each once.
  void AddLabelNames(std::vector<std::string>* names) const;
  void AddLabelValues(std::string_view name, std::vector<std::string>* values) const;
  // The same of the series that match and are `wanted`: the fewer of values and of series are
  // looked at, and of a value one series that is wanted is enough.
  void AddLabelValues(std::string_view name, const std::vector<Matcher>& matchers,
                      absl::FunctionRef<bool(const Series& series)> wanted,
                      std::vector<std::string>* values) const;

  // Removes the series whose `evicted` flag is set; pointers to them die here. References are never
  // used again.
  void RemoveEvicted();

 private:
  using Bitmap = std::vector<uint64_t>;
  // Of one label name: the slots of the series with each value, in increasing order. Names and
  // values are borrowed from the labels of a series. Most values of large maps have few series.
  using Slots = absl::InlinedVector<uint32_t, 4>;
  using Values = StringViewMap<Slots>;
  // Series by their labels. The hash is kept: to compute it anew for a table that grows means two
  // cache misses for each series.
  struct LabelsKey {
    explicit LabelsKey(LabelSetView set) : hash(absl::Hash<LabelSetView>{}(set)), labels(set) {}
    size_t hash;
    LabelSetView labels;
  };
  struct Known {
    size_t hash;
    Series* series;
  };
  struct KnownHash {
    using is_transparent = void;
    size_t operator()(const LabelsKey& key) const { return key.hash; }
    size_t operator()(const Known& known) const { return known.hash; }
  };
  struct KnownEqual {
    using is_transparent = void;
    bool operator()(const Known& a, const LabelsKey& b) const {
      return a.hash == b.hash && a.series->labels() == b.labels;
    }
    bool operator()(const Known& a, const Known& b) const { return a.series == b.series; }
  };

  Series* GetOrCreate(const LabelsKey& key);
  void Index(const Series& series);
  Bitmap MatchOne(const Matcher& matcher) const;
  Bitmap MatchAll(const std::vector<Matcher>& matchers) const;
  const std::vector<uint32_t>& SortedSlots() const;

  const uint64_t seed_;
  uint64_t next_ref_ = 1;
  std::vector<std::unique_ptr<Series>> slots_;
  absl::flat_hash_map<RawLabelHash, Series*> by_raw_;
  absl::flat_hash_set<Known, KnownHash, KnownEqual> by_labels_;
  uint32_t indexed_ = 0;  // that many slots are in postings_
  StringViewMap<Values> postings_;

  // Slots in the order of their label sets, brought up to date by the first reader that needs it.
  mutable Mutex sorted_mutex_;
  mutable std::vector<uint32_t> sorted_slots_ ABSL_GUARDED_BY(sorted_mutex_);
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_SERIES_REGISTRY_H_
