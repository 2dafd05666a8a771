// ReadProcessStats: what the kernel and the allocator say about this process.
//
// Threads:  thread-safe.
// Errors:   what cannot be read is 0.
#ifndef SERVER_PROCESS_STATS_H_
#define SERVER_PROCESS_STATS_H_

#include <cstdint>

namespace varve::server {

struct ProcessStats {
  double cpu_seconds = 0;
  double start_time_seconds = 0;
  uint64_t resident_bytes = 0;
  uint64_t anonymous_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t open_fds = 0;
  uint64_t max_fds = 0;
  uint64_t threads = 0;
  uint64_t allocated_bytes = 0;  // by jemalloc, where it is linked
};

ProcessStats ReadProcessStats();

}  // namespace varve::server

#endif  // SERVER_PROCESS_STATS_H_
