// The read side of the engine: a consistent view of what had been written when it was made.
//
// Select answers which series (or streams) match; reading their samples (or entries) is a second
// step, so that a query can plan, spread the reading over threads and stop early.
//
// Threads:  Querier and the selections are thread-safe; cursors belong to one thread.
// Owns:     a selection keeps everything alive that it reads from (parts, head chunks); label views
//           are valid while the selection lives. A selection may outlive its querier.
// Errors:   DATA_LOSS for a damaged part, which costs at most the chunks it names; CANCELLED and
//           DEADLINE_EXCEEDED come from the caller's own checks, never from here.
#ifndef STORAGE_QUERIER_H_
#define STORAGE_QUERIER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/model/entry.h"
#include "storage/model/exemplar.h"
#include "storage/model/histogram.h"
#include "storage/model/label_set.h"
#include "storage/model/line_shape.h"
#include "storage/model/matcher.h"
#include "storage/model/sample.h"
#include "storage/model/time_range.h"

namespace varve::storage {

// A column of strictly increasing timestamps (ms). Series that were scraped together share one: two
// SampleColumns with the same pointer have the same timestamps, so work that depends on timestamps
// alone (window bounds) can be done once and looked up by the pointer.
using TimestampColumn = std::shared_ptr<const std::vector<int64_t>>;

// The decoded samples of one series: values[i] was measured at (*timestamps_ms)[i]. Stale markers
// are included, bit-exact. A series may have native histograms beside its floats, or instead of
// them, in columns of their own; no timestamp is in both.
struct SampleColumns {
  TimestampColumn timestamps_ms;
  std::vector<double> values;
  std::vector<int64_t> histogram_timestamps_ms;
  std::vector<HistogramPtr> histograms;

  // Start timestamps of values and of histograms, 0 for a sample that has none; empty columns where
  // no sample has one. Set by ReadStartTimestamps only.
  std::vector<int64_t> start_timestamps_ms;
  std::vector<int64_t> histogram_start_timestamps_ms;

  size_t size() const { return values.size(); }  // floats
};

// Reads the series of a selection, cheapest in their order: what neighbours have in common is found
// once. Belongs to one thread; the selection outlives it.
class MetricReader {
 public:
  virtual ~MetricReader() = default;
  // As MetricSelection::Read.
  virtual absl::Status Read(size_t index, TimeRange range_ms, SampleColumns* columns) = 0;
};

// The series that match a selector in a time range, sorted by label set (LabelSetView::Compare).
class MetricSelection {
 public:
  virtual ~MetricSelection() = default;
  virtual size_t size() const = 0;
  virtual LabelSetView labels(size_t index) const = 0;
  // Decodes the samples of series `index` that lie in `range_ms` into `*columns` (its buffers are
  // reused). `range_ms` must lie in the range of the selection.
  virtual absl::Status Read(size_t index, TimeRange range_ms, SampleColumns* columns) const = 0;
  // For a thread that reads many series.
  virtual std::unique_ptr<MetricReader> NewReader() const;
  // Adds the start timestamps of what Read gave for the same series and range.
  virtual absl::Status ReadStartTimestamps(size_t index, TimeRange range_ms,
                                           SampleColumns* columns) const {
    (void)index, (void)range_ms;
    columns->start_timestamps_ms.clear();
    columns->histogram_start_timestamps_ms.clear();
    return absl::OkStatus();
  }
};

// Asks the selection for each series.
class PlainMetricReader : public MetricReader {
 public:
  explicit PlainMetricReader(const MetricSelection* selection) : selection_(selection) {}
  absl::Status Read(size_t index, TimeRange range_ms, SampleColumns* columns) override {
    return selection_->Read(index, range_ms, columns);
  }

 private:
  const MetricSelection* selection_;
};

inline std::unique_ptr<MetricReader> MetricSelection::NewReader() const {
  return std::make_unique<PlainMetricReader>(this);
}

enum class Direction { kForward, kBackward };

// What a line must contain: one of some literals, or (negative) none of them.
struct LineCondition {
  std::vector<std::string> any_of{};
  // Letters of ASCII in either case, as `(?i)` reads them: k and s also stand for the Kelvin sign
  // and the long s.
  bool fold_case = false;
  bool negative = false;
};

// What an entry's structured metadata must say; the empty value: that it lacks the name.
struct MetadataCondition {
  std::string name{};
  std::string value{};
};

// What a log query wants of a stream.
struct LogReadOptions {
  TimeRange range_ns;
  Direction direction = Direction::kForward;
  bool need_lines = true;  // false: only timestamps and line lengths (metadata if asked)
  bool need_line_bytes = true;
  bool need_metadata = true;
  // Exactly the lines that meet all of these are returned, whether lines are needed or not.
  std::vector<LineCondition> line_conditions{};
  // Exactly the entries whose metadata meets all of these are returned.
  std::vector<MetadataCondition> metadata_conditions{};
  // Not more entries than this in one batch: for a read that stops early. 0: any number.
  uint32_t batch_entries_max = 0;
  // Literals that every wanted line contains. The storage may skip lines (and whole blocks) without
  // them; it may also return lines that lack them: the caller filters again.
  std::vector<std::string> must_contain{};
  // Where all_metadata is false: the names that the caller looks at; metadata may lack others.
  bool all_metadata = true;
  std::vector<std::string> metadata_names{};
  // Outlives the cursor. Entries that it does not keep may be left out; with short_lines, lines may
  // be the short ones that it asks for.
  LineShortener* shortener = nullptr;
  bool short_lines = false;
};

// Some entries of one stream as columns, in the order of the read's direction; entries of one
// timestamp keep their arrival order when read forward. The columns have `size` elements, or none
// where they were not asked for. Valid until the cursor moves or dies.
struct LogColumns {
  size_t size = 0;
  std::span<const int64_t> timestamps_ns;
  std::span<const uint32_t> line_bytes;
  std::span<const std::string_view> lines;
  std::span<const LabelSetView> metadata;  // none where no entry of these has any
  // Of short lines: entry i has lines[line_ids[i]]. None where `lines` has one for each entry.
  std::span<const uint32_t> line_ids;
};

// Walks one stream. Next returns false at the end.
class LogCursor {
 public:
  virtual ~LogCursor() = default;
  virtual absl::StatusOr<bool> Next(LogColumns* columns) = 0;
};

// What many lines of a stream have in common, `<_>` for what differs, and how many there are.
struct LogPattern {
  std::string text;
  std::string group;  // the value of the structured metadata they are counted apart by
  uint64_t lines = 0;
  std::vector<std::pair<int64_t, uint64_t>> steps;  // of which (beginning in ns, lines), ascending
};

// The streams that match a selector and have entries in a time range, sorted by label set.
class LogSelection {
 public:
  virtual ~LogSelection() = default;
  virtual size_t size() const = 0;
  virtual LabelSetView labels(size_t index) const = 0;
  virtual absl::StatusOr<std::unique_ptr<LogCursor>> Open(size_t index,
                                                          const LogReadOptions& options) const = 0;
  // The patterns of one stream's lines, the most frequent first, counted in steps that begin at
  // multiples of `step_ns` (> 0), and apart by the value of the structured metadata `group_by`
  // (empty: all together). Entries that were written again count again; rare lines have no pattern.
  virtual absl::StatusOr<std::vector<LogPattern>> Patterns(size_t index, TimeRange range_ns,
                                                           int64_t step_ns,
                                                           std::string_view group_by) const {
    (void)index, (void)range_ns, (void)step_ns, (void)group_by;
    return std::vector<LogPattern>();
  }
};

// Sums for index/stats; approximate at the edges of the range by one block. What deletes hide is
// not counted.
struct LogVolume {
  uint64_t streams = 0;
  uint64_t chunks = 0;
  uint64_t entries = 0;
  uint64_t bytes = 0;

  LogVolume& operator+=(const LogVolume& other) {
    streams += other.streams;
    chunks += other.chunks;
    entries += other.entries;
    bytes += other.bytes;
    return *this;
  }
};

struct StreamVolume {
  LabelSet labels;
  LogVolume volume;
};

class Querier {
 public:
  virtual ~Querier() = default;

  virtual absl::StatusOr<std::unique_ptr<MetricSelection>> SelectMetrics(
      const std::vector<Matcher>& matchers, TimeRange range_ms) const = 0;
  virtual absl::StatusOr<std::unique_ptr<LogSelection>> SelectLogs(
      const std::vector<Matcher>& matchers, TimeRange range_ns) const = 0;

  // Sorted, each once. No matchers: of all series (streams) of the range.
  virtual absl::StatusOr<std::vector<std::string>> MetricLabelNames(
      const std::vector<Matcher>& matchers, TimeRange range_ms) const = 0;
  virtual absl::StatusOr<std::vector<std::string>> MetricLabelValues(
      std::string_view name, const std::vector<Matcher>& matchers, TimeRange range_ms) const = 0;
  virtual absl::StatusOr<std::vector<std::string>> LogLabelNames(
      const std::vector<Matcher>& matchers, TimeRange range_ns) const = 0;
  virtual absl::StatusOr<std::vector<std::string>> LogLabelValues(
      std::string_view name, const std::vector<Matcher>& matchers, TimeRange range_ns) const = 0;

  // The exemplars of the series that match, of a time range; sorted by label set.
  virtual absl::StatusOr<std::vector<SeriesExemplars>> SelectExemplars(
      const std::vector<Matcher>& matchers, TimeRange range_ms) const {
    (void)matchers, (void)range_ms;
    return std::vector<SeriesExemplars>();
  }

  virtual absl::StatusOr<LogVolume> Volume(const std::vector<Matcher>& matchers,
                                           TimeRange range_ns) const = 0;
  // The same of each stream, in no order.
  virtual absl::StatusOr<std::vector<StreamVolume>> VolumeOfStreams(
      const std::vector<Matcher>& matchers, TimeRange range_ns) const {
    (void)matchers, (void)range_ns;
    return std::vector<StreamVolume>();
  }
};

}  // namespace varve::storage

#endif  // STORAGE_QUERIER_H_
