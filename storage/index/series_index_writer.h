// SeriesIndexWriter builds the index of a part: from label sets in order to three sections that
// SeriesIndex reads. Metric series and log streams are the same to it.
//
// Threads:  thread-compatible.
// Owns:     copies of all distinct names and values, and 12 bytes per label of every series.
// Errors:   INVALID_ARGUMENT for label sets out of order, RESOURCE_EXHAUSTED above the limits of
//           the format (2^32 - 64 series, 4 GiB of one kind of entries).
// Format:   storage/docs/index_format.md
#ifndef STORAGE_INDEX_SERIES_INDEX_WRITER_H_
#define STORAGE_INDEX_SERIES_INDEX_WRITER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/model/label_set.h"
#include "storage/model/text.h"

namespace varve::storage {

// Series of one restart block are told by what differs from the one before. 32: a restart costs
// about half a byte per series, reading one costs 16 short steps on average.
inline constexpr uint32_t kSeriesBlockSeries = 32;
// Postings lists between two whose place is stored.
inline constexpr uint32_t kPostingsBlockLists = 16;
inline constexpr uint32_t kSeriesCountMax = UINT32_MAX - 64;
// Up to this many labels a series tells by a bit mask which of its values differ.
inline constexpr size_t kMaskLabelsMax = 62;

// The three sections of an index.
struct SeriesIndexBytes {
  std::string labels;    // names, and the values of each name
  std::string series;    // the label set of each id
  std::string postings;  // the ids that have each label
};

class SeriesIndexWriter {
 public:
  // Adds a series and returns its id: 0, 1, 2 ... `labels` must be greater than the one before.
  absl::StatusOr<uint32_t> Add(LabelSetView labels);
  uint32_t size() const { return static_cast<uint32_t>(series_shapes_.size()); }

  // The index of all that was added. The writer is empty afterwards.
  absl::StatusOr<SeriesIndexBytes> Finish();

 private:
  // All that was seen of one label name. Numbers are by first appearance until Finish.
  struct Name {
    explicit Name(std::string_view label_name) : text(label_name) {}
    std::string text;
    StringMap<uint32_t> value_numbers;
    std::string last_value;  // series in order repeat it; this spares the hashing
    uint32_t last_number = 0;
    std::vector<uint32_t> series;  // ids that have the name
    std::vector<uint32_t> values;  // and the number of its value in each
    std::vector<uint32_t> ranks;   // value number -> rank
    uint32_t rank = 0;             // of this name
  };

  uint32_t NameNumber(std::string_view name, size_t position);
  absl::Status RankNames();
  void WriteLabels(const std::vector<uint64_t>& postings_offsets, std::string* out);
  absl::Status WriteSeries(std::string* out);
  absl::Status WritePostings(std::vector<uint64_t>* offsets, std::string* out);
  absl::Status WritePostingsOfName(const Name& name, std::string* out);

  std::deque<Name> names_;
  StringMap<uint32_t> name_numbers_;
  std::map<std::vector<uint32_t>, uint32_t> shapes_;  // name numbers -> shape
  std::vector<uint32_t> last_shape_;                  // name numbers of the last series
  std::vector<uint32_t> series_shapes_;               // id -> shape
  std::vector<uint32_t> by_rank_;                     // name rank -> number
  std::vector<std::string> tables_;                   // value table of each name, by rank
  LabelSet last_;
};

}  // namespace varve::storage

#endif  // STORAGE_INDEX_SERIES_INDEX_WRITER_H_
