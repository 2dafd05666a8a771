// TailHub: the live tails of a server: what is stored is offered to each of them.
//
// Threads:  thread-safe.
// Owns:     the tails, until their clients are gone.
// Errors:   Open: INVALID_ARGUMENT for the query; RESOURCE_EXHAUSTED when there are too many.
#ifndef SERVER_TAIL_HUB_H_
#define SERVER_TAIL_HUB_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/log_tail.h"
#include "storage/model/mutex.h"

namespace varve::server {

class TailHub {
 public:
  // From now on the tail gets what is stored; it sends from when it has its history.
  // Lines come to it `delay` later than they are stored.
  absl::StatusOr<std::shared_ptr<LogTail>> Open(std::string_view query, bool categorize_labels,
                                                size_t tails_max,
                                                std::chrono::milliseconds delay = {});
  // Costs nothing to speak of where there are no tails.
  void Publish(const storage::LogBatch& batch, storage::TimeRange range_ms);
  size_t size() const { return size_.load(std::memory_order_relaxed); }
  // Entries that were left out because their clients were too slow.
  uint64_t dropped_total() const;

 private:
  void Remove(const LogTail* tail);

  std::atomic<size_t> size_{0};
  mutable storage::Mutex mutex_;
  std::vector<std::shared_ptr<LogTail>> tails_ ABSL_GUARDED_BY(mutex_);
  uint64_t dropped_before_ ABSL_GUARDED_BY(mutex_) = 0;  // by tails that are gone
};

}  // namespace varve::server

#endif  // SERVER_TAIL_HUB_H_
