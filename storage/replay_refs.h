// ReplayRefs: which series the references of the WAL's records stand for, while it is replayed.
//
// References count within one segment. But the segments of one life of a database use the same
// ones, so that what an earlier segment said is where a definition is looked for first: its labels
// are compared, and not searched among all.
//
// References are small numbers that come in long runs: a page of them lies together.
//
// Threads:  one-thread.
// Owns:     its pages; not the series.
#ifndef STORAGE_REPLAY_REFS_H_
#define STORAGE_REPLAY_REFS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/wal/record_definitions.h"

namespace varve::storage {

// `Head` is MetricHead or HistogramHead, `Series` what it holds.
template <typename Head, typename Series>
class ReplayRefs {
 public:
  void BeginSegment() { ++segment_; }

  // Takes a record's definitions up and makes series of those the head does not have. They are
  // appended to `*created`: see SeriesHead::IndexReplayed.
  void Define(std::span<const RefDefinition> definitions, Head* head,
              std::vector<const Series*>* created) {
    labels_.clear();
    series_.clear();
    for (const RefDefinition& definition : definitions) {
      labels_.push_back(definition.labels);
      series_.push_back(EntryOf(definition.ref).series);
    }
    head->ReplaySeries(labels_, &series_, created);
    for (size_t i = 0; i < definitions.size(); ++i) {
      EntryOf(definitions[i].ref) = {series_[i], segment_};
    }
  }

  // nullptr where the segment has not defined the reference.
  Series* Find(uint64_t ref) {
    if (page_ == nullptr || ref / kPageRefs != page_number_) {
      const auto found = pages_.find(ref / kPageRefs);
      if (found == pages_.end()) return nullptr;
      Open(found);
    }
    const Entry& entry = (*page_)[ref % kPageRefs];
    return entry.segment == segment_ ? entry.series : nullptr;
  }

 private:
  static constexpr uint64_t kPageRefs = 64;
  struct Entry {
    Series* series = nullptr;
    uint64_t segment = 0;  // the last one that defined it; 0: none
  };
  using Page = std::array<Entry, kPageRefs>;
  using Pages = absl::flat_hash_map<uint64_t, std::unique_ptr<Page>>;

  void Open(typename Pages::iterator page) {
    page_number_ = page->first;
    page_ = page->second.get();
  }
  Entry& EntryOf(uint64_t ref) {
    if (page_ == nullptr || ref / kPageRefs != page_number_) {
      const auto [page, is_new] = pages_.try_emplace(ref / kPageRefs);
      if (is_new) page->second = std::make_unique<Page>();
      Open(page);
    }
    return (*page_)[ref % kPageRefs];
  }

  uint64_t segment_ = 1;
  Pages pages_;
  // The one that was used last.
  uint64_t page_number_ = 0;
  Page* page_ = nullptr;
  // Of Define.
  std::vector<LabelSetView> labels_;
  std::vector<Series*> series_;
};

}  // namespace varve::storage

#endif  // STORAGE_REPLAY_REFS_H_
