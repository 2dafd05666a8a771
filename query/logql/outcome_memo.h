// OutcomeMemo: what a pipeline made of the entries of one batch, so that entries with the same line
// and the same metadata go through it once.
//
// Threads:  one thread.
// Owns:     outcomes; they are valid for the batch alone.
#ifndef QUERY_LOGQL_OUTCOME_MEMO_H_
#define QUERY_LOGQL_OUTCOME_MEMO_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace varve::query {

struct EntryOutcome {
  bool known = false;
  bool kept = false;
  double value = 0;   // unwrapped
  size_t series = 0;  // its place
};

class OutcomeMemo {
 public:
  void BeginBatch() { ++batch_; }

  // The place of an entry's outcome, which is not known at first, or again where others took the
  // place. `line` is the number of its line in the batch; `metadata`, where its metadata lies.
  EntryOutcome* Find(uint32_t line, const void* metadata) {
    const auto address = reinterpret_cast<uintptr_t>(metadata);
    Place& place = places_[(line ^ (address * kMultiplier >> kShift)) % kPlaces];
    if (place.batch != batch_ || place.line != line || place.metadata != metadata) {
      place = {batch_, metadata, line, {}};
    }
    return &place.outcome;
  }

 private:
  static constexpr size_t kPlaces = 2048;
  static constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
  static constexpr int kShift = 40;

  struct Place {
    uint64_t batch = 0;
    const void* metadata = nullptr;
    uint32_t line = 0;
    EntryOutcome outcome;
  };
  uint64_t batch_ = 0;
  std::vector<Place> places_ = std::vector<Place>(kPlaces);
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_OUTCOME_MEMO_H_
