// Windows: which samples of a series each step of a query looks at.
//
// A window (end - range, end] is open on the left and closed on the right. Its bounds depend on the
// timestamps alone, so they are computed once per timestamp column and shared by its series.
//
// Threads:  WindowCache is thread-safe; a WindowScratch belongs to one thread.
// Owns:     the cache keeps the columns alive that it knows bounds of, so that a pointer stays a
// key.
#ifndef QUERY_ENGINE_WINDOWS_H_
#define QUERY_ENGINE_WINDOWS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "query/engine/step_vector.h"
#include "storage/model/mutex.h"
#include "storage/querier.h"

namespace varve::query {

// The windows of all steps. Both columns have one element per step and never decrease.
struct WindowGrid {
  std::vector<int64_t> end_ms;        // the window's right edge: after `@` and offset
  std::vector<int64_t> evaluated_ms;  // the step's own time
  int64_t range_ms = 0;
  // How far samples outside the window are wanted too; they count as part of its bounds.
  int64_t before_ms = 0;
  int64_t after_ms = 0;
  bool extrapolates = false;  // whether bounds say how far windows reach beyond their samples

  size_t count() const { return end_ms.size(); }
  // [begin, end) of all samples that any window covers.
  storage::TimeRange Covered() const;
};

// Windows that end at the steps themselves.
WindowGrid MakeWindowGrid(const StepGrid& grid, int64_t range_ms);

// How far a window reaches beyond its first and last sample, for rate and its kin, in seconds. It
// depends on timestamps alone.
struct WindowReach {
  double sampled = 0;  // from the first to the last sample
  double to_start = 0;
  double to_end = 0;
  double factor = 0;  // all three over the first one
};

// Samples [first[s], last[s]) of a column lie in the window of step s.
struct WindowBounds {
  std::vector<uint32_t> first;
  std::vector<uint32_t> last;
  std::vector<WindowReach> reach;  // of windows with two samples, where the grid wants it

  void Compute(const WindowGrid& grid, std::span<const int64_t> timestamps_ms);
};

// What one thread reuses from series to series.
struct WindowScratch {
  storage::TimestampColumn column;             // the one asked for last
  std::shared_ptr<const WindowBounds> bounds;  // its bounds
  WindowBounds local;                          // of columns that are not worth keeping
};

class WindowCache {
 public:
  explicit WindowCache(WindowGrid grid) : grid_(std::move(grid)) {}

  const WindowGrid& grid() const { return grid_; }
  // Valid until the next call with the same scratch.
  const WindowBounds& Get(const storage::TimestampColumn& column, WindowScratch* scratch);

 private:
  // Where each series has a column of its own, keeping all bounds would cost more than it saves.
  static constexpr size_t kColumnsMax = 512;

  struct Entry {
    storage::TimestampColumn column;
    std::shared_ptr<const WindowBounds> bounds;
  };

  const WindowGrid grid_;
  storage::Mutex mutex_;
  absl::flat_hash_map<const void*, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace varve::query

#endif  // QUERY_ENGINE_WINDOWS_H_
