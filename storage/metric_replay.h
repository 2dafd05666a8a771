// MetricReplay: puts records of samples back into a MetricHead.
//
// Threads:  one-thread for the caller; samples are appended by ReplayWorkers.
// Owns:     what it decoded, until the head has it; the head outlives it.
// Format:   storage/docs/wal_format.md
#ifndef STORAGE_METRIC_REPLAY_H_
#define STORAGE_METRIC_REPLAY_H_

#include <cstdint>
#include <string_view>

#include "storage/metrics/metric_head.h"
#include "storage/replay_refs.h"
#include "storage/replay_workers.h"
#include "storage/signal_store.h"

namespace varve::storage {

class MetricReplay : public RecordReplay {
 public:
  explicit MetricReplay(MetricHead* head) : head_(head), workers_(head) {}

  void BeginSegment() override { refs_.BeginSegment(); }
  void Visit(std::string_view payload) override;
  ReplayCounts Finish() override;

 private:
  MetricHead* head_;
  ReplayRefs<MetricHead, MemorySeries> refs_;
  ReplayWorkers workers_;
  ReplayCounts counts_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRIC_REPLAY_H_
