#include "server/ingestion_rate.h"

#include <algorithm>

namespace varve::server {

void IngestionRate::Configure(uint64_t bytes_per_second, uint64_t burst_bytes) {
  bytes_per_second_ = bytes_per_second;
  burst_bytes_ = burst_bytes > 0 ? burst_bytes : bytes_per_second + bytes_per_second / 2;
  storage::MutexLock lock(&mutex_);
  available_bytes_ = static_cast<double>(burst_bytes_);
}

bool IngestionRate::Take(uint64_t bytes, int64_t now_ns) {
  if (!is_limited()) return true;
  storage::MutexLock lock(&mutex_);
  const double passed_s = static_cast<double>(std::max<int64_t>(now_ns - filled_ns_, 0)) / 1e9;
  filled_ns_ = std::max(filled_ns_, now_ns);
  available_bytes_ = std::min(available_bytes_ + passed_s * static_cast<double>(bytes_per_second_),
                              static_cast<double>(burst_bytes_));
  if (static_cast<double>(bytes) > available_bytes_) return false;
  available_bytes_ -= static_cast<double>(bytes);
  return true;
}

}  // namespace varve::server
