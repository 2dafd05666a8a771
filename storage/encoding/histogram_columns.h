// HistogramColumns: which column holds which bucket, in a chunk of histograms of several layouts.
//
// Threads:  thread-compatible.
// Owns:     a number for each bucket of each layout.
// Errors:   none.
// Format:   storage/docs/encoding_format.md, section 11
#ifndef STORAGE_ENCODING_HISTOGRAM_COLUMNS_H_
#define STORAGE_ENCODING_HISTOGRAM_COLUMNS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "storage/model/histogram.h"

namespace varve::storage {

class HistogramColumns {
 public:
  // `histograms` have the layouts, each once; their counts do not matter.
  explicit HistogramColumns(std::span<const Histogram> layouts);

  size_t size() const { return column_count_; }
  // The columns of a layout's buckets: the positive ones, then the negative ones.
  std::span<const uint32_t> Of(size_t layout) const { return layouts_[layout]; }

 private:
  size_t column_count_ = 0;
  std::vector<std::vector<uint32_t>> layouts_;
};

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_HISTOGRAM_COLUMNS_H_
