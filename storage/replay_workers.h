// ReplayWorkers: appends the samples of WAL records to the head on several threads at once, and
// indexes the labels of new series on one more.
//
// Each worker takes the series that fall to it from every record in order, so that the samples of
// one series arrive in the order of the log and no series needs a lock.
//
// Threads:  one-thread for the caller; the workers are its own.
// Owns:     its threads and the records, at most kRecordsMax of them, whose memory is used again.
#ifndef STORAGE_REPLAY_WORKERS_H_
#define STORAGE_REPLAY_WORKERS_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "storage/metrics/metric_head.h"
#include "storage/model/mutex.h"
#include "storage/wal/sample_record.h"

namespace varve::storage {

// A decoded record with its references resolved: series[i] is that of decoder.series()[i], nullptr
// where its definition is lost. `created` are the series that came with it, to be indexed.
struct ReplayRecord {
  SampleRecordDecoder decoder;
  std::vector<MemorySeries*> series;
  std::vector<const MemorySeries*> created;

  // How many workers have not done their share yet; the lock of ReplayWorkers guards it.
  size_t workers_left = 0;
};

class ReplayWorkers {
 public:
  // `head` outlives the workers.
  explicit ReplayWorkers(MetricHead* head);
  ~ReplayWorkers();
  ReplayWorkers(const ReplayWorkers&) = delete;
  ReplayWorkers& operator=(const ReplayWorkers&) = delete;

  // A record to be filled, with whatever an earlier one left in it; waits while all are under way.
  // It goes back by one of the other two.
  ReplayRecord* Take();
  void Add(ReplayRecord* record);
  void PutBack(ReplayRecord* record);
  // Returns when all records have been appended.
  void Finish();

 private:
  static constexpr size_t kRecordsMax = 16;
  struct Worker {
    std::vector<ReplayRecord*> queue;
    std::condition_variable filled;
    std::thread thread;
  };

  void Run(size_t number);
  void Append(const ReplayRecord& record, size_t number);
  // The worker that indexes: the last one.
  size_t indexer() const { return workers_.size() - 1; }

  MetricHead* const head_;
  Mutex mutex_;
  std::condition_variable idle_;
  std::vector<ReplayRecord*> idle_records_ ABSL_GUARDED_BY(mutex_);
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<ReplayRecord>> records_;
  std::deque<Worker> workers_;  // the queues are guarded by mutex_
};

}  // namespace varve::storage

#endif  // STORAGE_REPLAY_WORKERS_H_
