#include "storage/replay_workers.h"

#include <algorithm>

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

ReplayWorkers::ReplayWorkers(MetricHead* head)
    : head_(head),
      workers_(std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kWorkersMax) + 1) {
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i].thread = std::thread([this, i] { Run(i); });
  }
}

ReplayWorkers::~ReplayWorkers() { Finish(); }

ReplayRecord* ReplayWorkers::Take() {
  MutexLock lock(&mutex_);
  if (idle_records_.empty() && records_.size() < kRecordsMax) {
    records_.push_back(std::make_unique<ReplayRecord>());
    return records_.back().get();
  }
  while (idle_records_.empty()) lock.Wait(&idle_);
  ReplayRecord* const record = idle_records_.back();
  idle_records_.pop_back();
  return record;
}

void ReplayWorkers::PutBack(ReplayRecord* record) {
  MutexLock lock(&mutex_);
  idle_records_.push_back(record);
}

void ReplayWorkers::Add(ReplayRecord* record) {
  MutexLock lock(&mutex_);
  const size_t count = record->created.empty() ? indexer() : workers_.size();
  record->workers_left = count;
  for (size_t i = 0; i < count; ++i) {
    workers_[i].queue.push_back(record);
    if (workers_[i].queue.size() == 1) workers_[i].filled.notify_one();
  }
}

void ReplayWorkers::Finish() {
  {
    MutexLock lock(&mutex_);
    finishing_ = true;
    for (Worker& worker : workers_) worker.filled.notify_one();
  }
  for (Worker& worker : workers_) {
    if (worker.thread.joinable()) worker.thread.join();
  }
}

void ReplayWorkers::Run(size_t number) {
  Worker& worker = workers_[number];
  std::vector<ReplayRecord*> taken;
  while (true) {
    {
      MutexLock lock(&mutex_);
      while (worker.queue.empty() && !finishing_) lock.Wait(&worker.filled);
      if (worker.queue.empty()) return;
      taken.swap(worker.queue);
    }
    for (ReplayRecord* record : taken) {
      if (number == indexer()) {
        head_->IndexReplayed(record->created);
      } else {
        Append(*record, number);
      }
      MutexLock lock(&mutex_);
      if (--record->workers_left > 0) continue;
      if (idle_records_.empty()) idle_.notify_one();
      idle_records_.push_back(record);
    }
    taken.clear();
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
