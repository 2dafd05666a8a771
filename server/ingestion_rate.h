// IngestionRate: how many bytes of log entries may come in a second, with room for a burst (a token
// bucket, as Loki has one).
//
// Threads:  thread-safe.
#ifndef SERVER_INGESTION_RATE_H_
#define SERVER_INGESTION_RATE_H_

#include <cstdint>

#include "storage/model/mutex.h"

namespace varve::server {

class IngestionRate {
 public:
  // `bytes_per_second` 0: no limit. `burst_bytes` 0: one and a half seconds' worth.
  void Configure(uint64_t bytes_per_second, uint64_t burst_bytes);
  bool is_limited() const { return bytes_per_second_ > 0; }
  uint64_t bytes_per_second() const { return bytes_per_second_; }

  // Whether so many bytes may come now; where not, none are counted. `now_ns`: a monotonic clock.
  bool Take(uint64_t bytes, int64_t now_ns);

 private:
  uint64_t bytes_per_second_ = 0;  // set before the first Take
  uint64_t burst_bytes_ = 0;
  storage::Mutex mutex_;
  double available_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t filled_ns_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace varve::server

#endif  // SERVER_INGESTION_RATE_H_
