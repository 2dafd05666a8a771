// LogMergeCursor merges sources of one stream in the order of time, in either direction, and drops
// exact duplicates: equal timestamp, line and metadata.
//
// Sources stand in the order of arrival: of two entries of one timestamp, the one of the earlier
// source comes first in a forward read. Where one source alone has entries for a while, the usual
// case, its columns are passed through untouched. No batch is larger than
// options.batch_entries_max.
//
// Threads:  thread-compatible.
// Owns:     its sources, and copies of lines where sources meet at one timestamp.
// Errors:   those of the sources.
#ifndef STORAGE_LOGS_LOG_MERGE_CURSOR_H_
#define STORAGE_LOGS_LOG_MERGE_CURSOR_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/logs/log_batch_source.h"
#include "storage/querier.h"

namespace varve::storage {

class LogMergeCursor : public LogCursor {
 public:
  // Of `options`, the direction, the needs and the size of batches count; the sources were opened
  // with the same.
  LogMergeCursor(std::vector<std::unique_ptr<LogBatchSource>> sources,
                 const LogReadOptions& options);

  absl::StatusOr<bool> Next(LogColumns* columns) override;

 private:
  struct Input {
    std::unique_ptr<LogBatchSource> source;
    LogColumns batch;
    size_t position = 0;       // of the next entry in `batch`
    bool has_batch = false;    // position < batch.size
    bool complete = false;     // lines and metadata of `batch` are loaded
    bool contributed = false;  // the pending output points into `batch`
    bool done = false;

    int64_t bound_ns() const {
      return has_batch ? batch.timestamps_ns[position] : source->bound_ns();
    }
  };
  // An entry of a timestamp at which several sources meet.
  struct TiedEntry {
    std::string metadata;
    std::string line;
  };
  // The pending output, gathered from short runs.
  struct Output {
    std::vector<int64_t> timestamps;
    std::vector<uint32_t> line_bytes;
    std::vector<std::string_view> lines;
    std::vector<LabelSetView> metadata;
    bool any_metadata = false;
  };

  bool Before(int64_t a, int64_t b) const { return backward_ ? a > b : a < b; }
  // The input whose entry comes next, and the bound of the others; nullptr at the end.
  Input* PickFirst(bool* has_other, int64_t* other_bound);
  absl::Status LoadBatch(Input* input);
  void Advance(Input* input, size_t count);
  size_t RunLength(const Input& input, bool has_other, int64_t other_bound) const;
  LogColumns Slice(const Input& input, size_t count) const;
  void Append(Input* input, size_t count);
  // Hands out what was gathered, as much of it as a batch may hold; false where nothing is left.
  bool Emit(LogColumns* columns);

  // What to do where several inputs are bound by one timestamp. `*emit_first`: the pending output
  // must go out before.
  absl::Status HandleTie(int64_t timestamp_ns, bool* emit_first);
  absl::Status GatherTied(Input* input, int64_t timestamp_ns, std::vector<TiedEntry>* tied);
  void AppendTied(int64_t timestamp_ns, std::vector<TiedEntry> tied);

  const bool backward_;
  const bool need_lines_;
  const bool need_line_bytes_;
  const bool need_metadata_;
  const bool asks_all_;  // batches have whole lines and all metadata
  const size_t batch_entries_max_;
  std::vector<Input> inputs_;
  Output output_;
  size_t emitted_ = 0;           // entries of output_ that were handed out
  std::deque<TiedEntry> owned_;  // what the pending output points to besides batches
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_MERGE_CURSOR_H_
