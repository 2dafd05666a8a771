// Clock: where the storage engine takes the time from, so that tests can set it.
//
// Threads:  thread-safe.
#ifndef STORAGE_IO_CLOCK_H_
#define STORAGE_IO_CLOCK_H_

#include <atomic>
#include <cstdint>

namespace varve::storage {

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall clock, milliseconds since the Unix epoch; may step backwards.
  virtual int64_t NowMs() const = 0;
  // Monotonic clock, milliseconds from an arbitrary start.
  virtual int64_t MonotonicMs() const = 0;

  static Clock* System();
};

// A clock that stands still until told otherwise.
class FakeClock : public Clock {
 public:
  explicit FakeClock(int64_t now_ms) : now_ms_(now_ms) {}
  int64_t NowMs() const override { return now_ms_.load(); }
  int64_t MonotonicMs() const override { return monotonic_ms_.load(); }
  void Advance(int64_t milliseconds) {
    now_ms_ += milliseconds;
    monotonic_ms_ += milliseconds;
  }
  void StepWallClock(int64_t milliseconds) { now_ms_ += milliseconds; }

 private:
  std::atomic<int64_t> now_ms_;
  std::atomic<int64_t> monotonic_ms_{0};
};

}  // namespace varve::storage

#endif  // STORAGE_IO_CLOCK_H_
