#include "server/tail_hub.h"

#include <utility>

#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {

using storage::MutexLock;

absl::StatusOr<std::shared_ptr<LogTail>> TailHub::Open(std::string_view query,
                                                       bool categorize_labels, size_t tails_max,
                                                       std::chrono::milliseconds delay) {
  VARVE_ASSIGN_OR_RETURN(query::LogTailFilter filter, query::LogTailFilter::Create(query));
  MutexLock lock(&mutex_);
  if (tails_.size() >= tails_max) {
    return absl::ResourceExhaustedError(
        storage::StrCat("max concurrent tail requests limit exceeded, count > limit (",
                        tails_.size() + 1, " > ", tails_max, ")"));
  }
  const auto place = std::make_shared<const LogTail*>(nullptr);
  auto tail = std::make_shared<LogTail>(
      std::move(filter), categorize_labels, [this, place] { Remove(*place); }, delay);
  *place = tail.get();
  tails_.push_back(tail);
  size_.store(tails_.size(), std::memory_order_relaxed);
  return tail;
}

void TailHub::Remove(const LogTail* tail) {
  std::shared_ptr<LogTail> removed;  // destroyed without the lock
  MutexLock lock(&mutex_);
  for (auto& one : tails_) {
    if (one.get() != tail) continue;
    removed = std::move(one);
    one = std::move(tails_.back());
    tails_.pop_back();
    dropped_before_ += removed->dropped_total();
    break;
  }
  size_.store(tails_.size(), std::memory_order_relaxed);
}

uint64_t TailHub::dropped_total() const {
  MutexLock lock(&mutex_);
  uint64_t dropped = dropped_before_;
  for (const std::shared_ptr<LogTail>& tail : tails_) dropped += tail->dropped_total();
  return dropped;
}

void TailHub::Publish(const storage::LogBatch& batch, storage::TimeRange range_ms) {
  if (size() == 0) return;
  std::vector<std::shared_ptr<LogTail>> tails;
  {
    MutexLock lock(&mutex_);
    tails = tails_;
  }
  for (const std::shared_ptr<LogTail>& tail : tails) tail->Offer(batch, range_ms);
}

}  // namespace varve::server
