// The payload of a WAL record of histograms: those of one metric batch.
//
// A layout is written where it differs from the one before in the record; counts are told by those
// of the same series before in the record, or by their neighbours.
//
// Threads:  thread-compatible.
// Owns:     encoder and decoder their buffers, kept from one record to the next.
// Errors:   DATA_LOSS for a damaged payload.
// Format:   storage/docs/wal_format.md
#ifndef STORAGE_WAL_HISTOGRAM_RECORD_H_
#define STORAGE_WAL_HISTOGRAM_RECORD_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/encoding/histogram_stream.h"
#include "storage/model/histogram.h"
#include "storage/model/label_set.h"
#include "storage/wal/record_definitions.h"

namespace varve::storage {

// Collects the histograms of one record: Begin and Add for each series; Define, at any time, for
// the series whose labels the segment does not have yet; then Finish.
class HistogramRecordEncoder {
 public:
  void Define(uint64_t ref, LabelSetView labels) { definitions_.Add(ref, labels); }
  void Begin(uint64_t ref);
  // REQUIRES: ValidateHistogram accepts it.
  void Add(int64_t timestamp_ms, const Histogram& histogram);

  // What Define has added since the last Finish.
  size_t definition_bytes() const { return definitions_.byte_size(); }
  // Appends the record to `*payload` and makes the encoder empty.
  void Finish(std::string* payload);
  void Clear();

 private:
  RecordDefinitionsWriter definitions_;
  uint64_t last_ref_ = 0;
  std::string refs_;
  std::vector<uint64_t> counts_;  // histograms of each series
  uint64_t last_timestamp_ = 0;
  std::string timestamps_;
  HistogramStreamEncoder stream_;
};

class HistogramRecordDecoder {
 public:
  // timestamps_ms()[begin, end) and histograms()[begin, end) are those of one series.
  struct Series {
    uint64_t ref = 0;
    uint32_t begin = 0;
    uint32_t end = 0;
  };

  // Definitions point into `payload`; all results are valid until the next Decode.
  absl::Status Decode(std::string_view payload);

  std::span<const RefDefinition> definitions() const { return definitions_; }
  std::span<const Series> series() const { return series_; }
  std::span<const int64_t> timestamps_ms() const { return timestamps_ms_; }
  std::span<const Histogram> histograms() const { return histograms_; }

 private:
  std::vector<RefDefinition> definitions_;
  std::vector<Series> series_;
  std::vector<int64_t> timestamps_ms_;
  std::vector<Histogram> histograms_;
};

}  // namespace varve::storage

#endif  // STORAGE_WAL_HISTOGRAM_RECORD_H_
