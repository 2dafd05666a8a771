#include "server/syslog/syslog_queue.h"

#include <chrono>
#include <utility>

namespace varve::server {
namespace {

using storage::MutexLock;

// What a message takes beside its text.
constexpr size_t kMessageOverheadBytes = sizeof(SyslogWaiting);

size_t BytesOf(const SyslogWaiting& waiting) {
  return waiting.message.size() + kMessageOverheadBytes;
}

}  // namespace

bool SyslogQueue::HasRoom(const SyslogSource& source) const {
  return waiting_bytes() < waiting_bytes_max_ &&
         source.waiting_bytes.load(std::memory_order_relaxed) < source_bytes_max_;
}

void SyslogQueue::Push(const std::shared_ptr<SyslogSource>& source, std::string_view message,
                       int64_t received_ns) {
  SyslogWaiting waiting{source, std::string(message), received_ns};
  const size_t bytes = BytesOf(waiting);
  source->waiting_bytes.fetch_add(bytes, std::memory_order_relaxed);
  waiting_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  {
    MutexLock lock(&mutex_);
    waiting_.push_back(std::move(waiting));
    if (waiting_.size() > 1) return;  // nobody waits for more than the first
  }
  wake_.notify_all();
}

bool SyslogQueue::Take(size_t bytes_max, std::vector<SyslogWaiting>* messages) {
  messages->clear();
  MutexLock lock(&mutex_);
  while (waiting_.empty() && !stopped_) lock.Wait(&wake_);
  size_t bytes = 0;
  while (!waiting_.empty() && bytes < bytes_max) {
    bytes += BytesOf(waiting_.front());
    messages->push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return !messages->empty();
}

void SyslogQueue::Release(const std::vector<SyslogWaiting>& messages) {
  for (const SyslogWaiting& waiting : messages) {
    const size_t bytes = BytesOf(waiting);
    waiting.source->waiting_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    waiting_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
}

void SyslogQueue::Stop() {
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
}

bool SyslogQueue::Rest(int64_t milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  MutexLock lock(&mutex_);
  while (!stopped_) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= std::chrono::steady_clock::duration::zero()) return true;
    lock.WaitFor(&wake_, left);
  }
  return false;
}

}  // namespace varve::server
