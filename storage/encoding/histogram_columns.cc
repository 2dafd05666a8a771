#include "storage/encoding/histogram_columns.h"

#include <algorithm>

namespace varve::storage {
namespace {

// Orders buckets by schema, side and index.
uint64_t BucketKey(int32_t schema, bool negative, int64_t index) {
  constexpr int kIndexBits = 33;
  return (static_cast<uint64_t>(static_cast<uint32_t>(schema) + 128) << (kIndexBits + 1)) |
         (uint64_t{negative} << kIndexBits) | static_cast<uint64_t>(index + INT32_MAX + 1);
}

void AppendKeys(int32_t schema, bool negative, std::span<const HistogramSpan> spans,
                std::vector<uint64_t>* keys) {
  int64_t index = 0;
  for (const HistogramSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i) {
      keys->push_back(BucketKey(schema, negative, index++));
    }
  }
}

}  // namespace

HistogramColumns::HistogramColumns(std::span<const Histogram> layouts) {
  std::vector<std::vector<uint64_t>> keys(layouts.size());
  std::vector<uint64_t> all;
  for (size_t i = 0; i < layouts.size(); ++i) {
    AppendKeys(layouts[i].schema, false, layouts[i].positive_spans, &keys[i]);
    AppendKeys(layouts[i].schema, true, layouts[i].negative_spans, &keys[i]);
    all.insert(all.end(), keys[i].begin(), keys[i].end());
  }
  if (layouts.size() > 1) {
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  }
  column_count_ = all.size();
  layouts_.resize(layouts.size());
  for (size_t i = 0; i < layouts.size(); ++i) {
    layouts_[i].reserve(keys[i].size());
    auto from = all.begin();
    for (const uint64_t key : keys[i]) {
      from = std::lower_bound(from, all.end(), key);  // a layout's keys increase
      layouts_[i].push_back(static_cast<uint32_t>(from - all.begin()));
    }
  }
}

}  // namespace varve::storage
