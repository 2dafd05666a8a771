// LogTail: one client that watches log lines as they come in, over a WebSocket.
//
// Lines wait here until the client has taken the frame before; where it is too slow for what comes,
// lines are left out, and the next frame says which. With a delay they also wait for that long, so
// that lines of slow senders come in the order of their times.
//
// Threads:  thread-safe.
// Owns:     the lines that wait, kWaitingBytesMax and kDelayedBytesMax at most.
// Source:   Loki documentation, "Stream logs": streams, and dropped_entries of labels and
// timestamp.
#ifndef SERVER_LOG_TAIL_H_
#define SERVER_LOG_TAIL_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "query/logql/log_tail_filter.h"
#include "server/http/web_socket.h"
#include "storage/appender.h"
#include "storage/model/mutex.h"
#include "storage/model/time_range.h"

namespace varve::server {

class LogTail : public WebSocketFeed {
 public:
  static constexpr size_t kWaitingBytesMax = 4 << 20;
  // So much of that goes into one frame, or one line: many clients refuse frames above a megabyte.
  static constexpr size_t kFrameBytesMax = 512 << 10;
  // The same of those that wait for their time.
  static constexpr size_t kDelayedBytesMax = 32 << 20;
  // So many lines that were left out are named in a frame; the others are only counted.
  static constexpr size_t kDroppedNamedMax = 1000;

  // Tells the time; a test has one of its own.
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  // `on_stop` is called once, when the client is gone.
  LogTail(query::LogTailFilter filter, bool categorize_labels, std::function<void()> on_stop,
          std::chrono::milliseconds delay = {}, Clock clock = std::chrono::steady_clock::now)
      : filter_(std::move(filter)),
        categorize_labels_(categorize_labels),
        on_stop_(std::move(on_stop)),
        delay_(delay),
        clock_(std::move(clock)) {}

  // Lines from before, in the order of their times; they are the first frame. Lines that came in
  // meanwhile and are among them are not sent again.
  void SetHistory(query::StreamsResult history);
  // What has just been stored, as far as it lies in `range_ms`.
  void Offer(const storage::LogBatch& batch, storage::TimeRange range_ms);

  void Start(std::function<void()> wake) override;
  std::optional<std::string> NextFrame() override;
  std::optional<std::chrono::milliseconds> NextFrameDue() override;
  void Stop() override;

  uint64_t dropped_total() const;

 private:
  struct Dropped {
    storage::LabelSet labels;
    int64_t timestamp_ns;
  };

  // Lines that wait for their time.
  struct Delayed {
    std::chrono::steady_clock::time_point due;
    std::vector<query::StreamsResult::Stream> streams;
    size_t bytes = 0;
  };

  void Add(query::StreamsResult::Stream stream) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Delay(std::vector<query::StreamsResult::Stream> streams)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes what fits in a frame, the streams in turn.
  query::StreamsResult TakeWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts the lines whose time has come among those that wait for the client.
  void TakeDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drop(const storage::LabelSet& labels, int64_t timestamp_ns)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const query::LogTailFilter filter_;
  const bool categorize_labels_;
  const std::function<void()> on_stop_;
  const std::chrono::milliseconds delay_;
  const Clock clock_;

  mutable storage::Mutex mutex_;
  std::function<void()> wake_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool has_history_ ABSL_GUARDED_BY(mutex_) = false;
  query::StreamsResult waiting_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Delayed> delayed_ ABSL_GUARDED_BY(mutex_);
  size_t delayed_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Dropped> dropped_ ABSL_GUARDED_BY(mutex_);
  uint64_t dropped_total_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace varve::server

#endif  // SERVER_LOG_TAIL_H_
