// Cardinality: how many series there are, and which metrics and labels make them many.
//
// Threads:  a value; CardinalityCounter is one-thread.
// Owns:     its strings.
#ifndef STORAGE_CARDINALITY_H_
#define STORAGE_CARDINALITY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "storage/model/label_set.h"
#include "storage/model/text.h"

namespace varve::storage {

struct NamedCount {
  std::string name;
  uint64_t count = 0;

  friend bool operator==(const NamedCount&, const NamedCount&) = default;
};

// The lists have the largest counts first (equal ones by name).
struct Cardinality {
  uint64_t series = 0;
  uint64_t label_pairs = 0;                  // different ones
  std::vector<NamedCount> series_by_metric;  // name: the metric
  std::vector<NamedCount> values_by_label;   // name: the label's; different values
  // Name, value and two bytes more for each series that has the label, as Prometheus counts them.
  std::vector<NamedCount> bytes_by_label;
  std::vector<NamedCount> series_by_pair;  // name: label=value
};

// Counts label sets, each of which is to be added once. Takes about a microsecond for each.
class CardinalityCounter {
 public:
  void Add(LabelSetView labels);
  // The lists cut to `limit` elements.
  Cardinality Count(size_t limit) const;

 private:
  uint64_t series_ = 0;
  StringMap<StringMap<uint64_t>> pairs_;  // label -> value -> series
};

}  // namespace varve::storage

#endif  // STORAGE_CARDINALITY_H_
