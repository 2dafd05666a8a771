// The labels of remote-write messages: checks, exemplars, and the canonical raw block of a series.
//
// A raw label block is what the engine knows a series by (storage/appender.h): the Label fields of
// a TimeSeries of remote-write 1.0, one behind the other, `0a len 0a len name 12 len value`.
// Messages of 1.0 contain it; for 2.0, whose labels are references, RawLabelArena writes it, so
// that a series is the same one whichever protocol brings it.
//
// Threads:  functions without state; an arena belongs to one thread.
// Owns:     RawLabelArena its blocks, which stay where they are until Clear.
// Errors:   INVALID_ARGUMENT says what is wrong with the labels.
// Source:   Prometheus Remote-Write 1.0 specification.
#ifndef INGEST_REMOTE_WRITE_LABELS_H_
#define INGEST_REMOTE_WRITE_LABELS_H_

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "storage/model/label_set.h"

namespace varve::ingest {

using LabelPairs = std::vector<std::pair<std::string_view, std::string_view>>;

// Field numbers of a TimeSeries and of its Label.
inline constexpr uint32_t kSeriesLabel = 1;
inline constexpr uint32_t kLabelName = 1;
inline constexpr uint32_t kLabelValue = 2;

// Names and values of one Label message; false where it is malformed.
bool ReadLabel(std::string_view message, std::string_view* name, std::string_view* value);

// Sorts and checks: names that are not empty, UTF-8, lengths, number, each name once.
absl::Status CheckLabels(LabelPairs pairs, storage::LabelSet* labels);

// The same for an exemplar, whose labels are short: Prometheus takes 128 characters in all.
inline constexpr size_t kExemplarLabelCharactersMax = 128;
absl::Status CheckExemplarLabels(LabelPairs pairs, storage::LabelSet* labels);

// The labels of a raw block; a series has a metric name. The ParseLabels of batches.
absl::Status ParseRemoteWriteLabels(std::string_view raw_labels, storage::LabelSet* labels);

// Writes raw label blocks one behind the other into memory that does not move.
class RawLabelArena {
 public:
  // The block of these labels, in their order. Their texts are shorter than 2 GiB.
  std::string_view Add(const LabelPairs& pairs);
  void Clear();
  size_t bytes() const { return bytes_; }  // of all blocks

 private:
  std::vector<std::unique_ptr<char[]>> pages_;
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t bytes_ = 0;
};

}  // namespace varve::ingest

#endif  // INGEST_REMOTE_WRITE_LABELS_H_
