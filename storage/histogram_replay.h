// HistogramReplay: puts records of histograms back into a HistogramHead.
//
// Threads:  one-thread.
// Owns:     a decoder; the head outlives it.
// Format:   storage/docs/wal_format.md
#ifndef STORAGE_HISTOGRAM_REPLAY_H_
#define STORAGE_HISTOGRAM_REPLAY_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "storage/metrics/histogram_head.h"
#include "storage/replay_refs.h"
#include "storage/signal_store.h"
#include "storage/wal/histogram_record.h"

namespace varve::storage {

class HistogramReplay : public RecordReplay {
 public:
  explicit HistogramReplay(HistogramHead* head) : head_(head) {}

  void BeginSegment() override { refs_.BeginSegment(); }
  void Visit(std::string_view payload) override;
  ReplayCounts Finish() override { return counts_; }

 private:
  HistogramHead* head_;
  ReplayRefs<HistogramHead, HistogramSeries> refs_;
  std::vector<const HistogramSeries*> created_;
  HistogramRecordDecoder decoder_;
  ReplayCounts counts_;
};

}  // namespace varve::storage

#endif  // STORAGE_HISTOGRAM_REPLAY_H_
