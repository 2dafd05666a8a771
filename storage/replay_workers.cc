#include "storage/replay_workers.h"

#include <algorithm>
#include <utility>

namespace varve::storage {
namespace {

constexpr size_t kWorkersMax = 8;
// How far ahead of an append its series, and then the end of its chunk, are fetched: appending to
// many series in turn is bound by cache misses.
constexpr size_t kSeriesAhead = 12;
constexpr size_t kChunkAhead = 6;

// Which worker a series falls to. Its address and not its reference in the log: segments of two
// lives of a database know one series by two references.
size_t WorkerOf(const MemorySeries* series, size_t workers) {
  const uint64_t mixed = (reinterpret_cast<uintptr_t>(series) >> 6) * 0x9E3779B97F4A7C15 >> 32;
  return static_cast<size_t>(mixed * workers >> 32);
}

}  // namespace

ReplayWorkers::ReplayWorkers(MetricHead* head) : head_(head) {
  workers_.resize(std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kWorkersMax) + 1);
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i].thread = std::thread([this, i] { Run(i); });
  }
}

ReplayWorkers::~ReplayWorkers() { Finish(); }

void ReplayWorkers::Add(std::shared_ptr<const ReplayRecord> record) {
  MutexLock lock(&mutex_);
  const auto full = [this] {
    return std::any_of(workers_.begin(), workers_.end(), [](const Worker& worker) {
      return worker.queue.size() >= kQueuedRecordsMax;
    });
  };
  while (full()) lock.Wait(&changed_);
  for (size_t i = 0; i < indexer(); ++i) workers_[i].queue.push_back(record);
  if (!record->created.empty()) workers_[indexer()].queue.push_back(std::move(record));
  changed_.notify_all();
}

void ReplayWorkers::Finish() {
  {
    MutexLock lock(&mutex_);
    finishing_ = true;
    changed_.notify_all();
  }
  for (Worker& worker : workers_) {
    if (worker.thread.joinable()) worker.thread.join();
  }
}

void ReplayWorkers::Run(size_t number) {
  while (true) {
    std::shared_ptr<const ReplayRecord> record;
    {
      MutexLock lock(&mutex_);
      auto& queue = workers_[number].queue;
      while (queue.empty() && !finishing_) lock.Wait(&changed_);
      if (queue.empty()) return;
      record = std::move(queue.front());
      queue.pop_front();
      changed_.notify_all();
    }
    if (number == indexer()) {
      head_->IndexReplayed(record->created);
    } else {
      Append(*record, number);
    }
  }
}

void ReplayWorkers::Append(const ReplayRecord& record, size_t number) {
  const auto all = record.decoder.series();
  std::vector<uint32_t> mine;
  mine.reserve(all.size());
  for (uint32_t i = 0; i < all.size(); ++i) {
    if (record.series[i] != nullptr && WorkerOf(record.series[i], indexer()) == number) {
      mine.push_back(i);
    }
  }
  uint64_t appended = 0;
  for (size_t i = 0; i < mine.size(); ++i) {
    if (i + kSeriesAhead < mine.size()) record.series[mine[i + kSeriesAhead]]->Prefetch();
    if (i + kChunkAhead < mine.size()) record.series[mine[i + kChunkAhead]]->PrefetchChunk();
    const SampleRecordDecoder::Series& one = all[mine[i]];
    appended +=
        head_->ReplaySamples(record.series[mine[i]],
                             record.decoder.timestamps_ms().subspan(one.begin, one.end - one.begin),
                             record.decoder.values().subspan(one.begin, one.end - one.begin));
  }
  head_->CountReplayed(appended);
}

}  // namespace varve::storage
