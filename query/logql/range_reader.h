// RangeReader: reads streams into the series of one task of a range aggregation.
//
// Entries that nothing but their time decides about are counted by whole runs; of entries with
// equal lines and metadata the pipeline sees one.
//
// Threads:  one thread; readers of one job run side by side.
// Owns:     the series that it found.
// Errors:   those of storage and of the query's limits; ABORTED where the job reads too little for
//           what is found (see RangeJob::met_error and met_other_value).
#ifndef QUERY_LOGQL_RANGE_READER_H_
#define QUERY_LOGQL_RANGE_READER_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/logql/field_shortener.h"
#include "query/logql/outcome_memo.h"
#include "query/logql/range_job.h"
#include "query/logql/series_accumulator.h"
#include "query/logql/stage.h"
#include "query/logql/step_times.h"
#include "query/logql/unwrap_sample.h"
#include "storage/querier.h"

namespace varve::query {

// Sums of integers of at most so much in all are exact as floating-point numbers.
inline constexpr uint64_t kExactSumMax = uint64_t{1} << 53;

class RangeReader {
 public:
  // REQUIRES: the job has its selection, and outlives this.
  explicit RangeReader(RangeJob* job);

  // Reads the stream at a position of the selection.
  absl::Status Read(size_t index);

  SeriesMap&& TakeMap() { return std::move(map_); }
  // The sum of the magnitudes of the integers that were added, of which there are kExactSumMax at
  // most; see RangeJob::adds_integers.
  uint64_t magnitude() const { return magnitude_; }

 private:
  // Metadata decides about series and filters, unless only labels of the stream are asked for:
  // those win over metadata of the same name.
  bool NeedsMetadata(storage::LabelSetView stream) const;
  storage::LogReadOptions OptionsFor(storage::LabelSetView stream);
  absl::Status Charge(const storage::LogColumns& columns);
  // Entries that all count, for one series: whole runs that fall into the same windows.
  absl::Status CountRuns(const storage::LogColumns& columns);
  absl::Status TakeEntry(const storage::LogColumns& columns, size_t i);
  // What the stages make of entry_ with this metadata.
  absl::Status ProcessEntry(storage::LabelSetView metadata, EntryOutcome* outcome);
  absl::StatusOr<SeriesAccumulator*> FindSeries();
  // Adds a value to the sums of the steps [first, last].
  absl::Status AddInteger(double value, size_t first, size_t last, SeriesAccumulator* series);
  // The job must keep samples.
  absl::Status NeedSamples();

  RangeJob& job_;
  StepLocator locator_;
  SeriesMap map_;
  PipelineEntry entry_;
  std::optional<FieldShortener> shortener_;
  bool repeats_ = false;    // equal lines and metadata have equal outcomes
  bool remembers_ = false;  // outcomes of this batch
  OutcomeMemo memo_;
  uint64_t processed_bytes_ = 0;
  uint64_t magnitude_ = 0;
  size_t stream_series_ = SIZE_MAX;  // of the entries that have the stream's labels alone
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_RANGE_READER_H_
