// GroupNumbers: which group of a grouping each series belongs to; groups are numbered in the order
// of their first series.
//
// Threads:  one-thread.
// Owns:     the packed labels of its groups.
#ifndef QUERY_ENGINE_GROUP_NUMBERS_H_
#define QUERY_ENGINE_GROUP_NUMBERS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "query/engine/aggregation.h"
#include "storage/model/label_set.h"
#include "storage/model/text.h"

namespace varve::query {

// Appends the packed labels of the group that a series is in: parts of those of the series.
void AppendGroupLabels(const Grouping& grouping, storage::LabelSetView labels, std::string* packed);

class GroupNumbers {
 public:
  explicit GroupNumbers(Grouping grouping) : grouping_(std::move(grouping)) {}

  // The number of the group of a series; count() before the call where the group is new.
  uint32_t Of(storage::LabelSetView labels);
  size_t count() const { return numbers_.size(); }
  // Of the group that Of returned last.
  storage::LabelSetView last_labels() const { return storage::LabelSetView(last_packed_); }

 private:
  const Grouping grouping_;
  storage::StringMap<uint32_t> numbers_;
  std::string packed_;
  std::string last_packed_;  // neighbours are often of one group
  uint32_t last_number_ = UINT32_MAX;
};

}  // namespace varve::query

#endif  // QUERY_ENGINE_GROUP_NUMBERS_H_
