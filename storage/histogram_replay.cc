#include "storage/histogram_replay.h"

namespace varve::storage {

void HistogramReplay::Visit(std::string_view payload) {
  if (!decoder_.Decode(payload).ok()) {
    ++counts_.corruptions;
    return;
  }
  created_.clear();
  refs_.Define(decoder_.definitions(), head_, &created_);
  head_->IndexReplayed(created_);
  bool orphaned = false;
  for (const HistogramRecordDecoder::Series& one : decoder_.series()) {
    HistogramSeries* const series = refs_.Find(one.ref);
    if (series == nullptr) {
      orphaned = true;
      continue;
    }
    const size_t count = one.end - one.begin;
    head_->ReplayHistograms(series, decoder_.timestamps_ms().subspan(one.begin, count),
                            decoder_.histograms().subspan(one.begin, count));
    counts_.entries += count;
  }
  if (orphaned) ++counts_.corruptions;
}

}  // namespace varve::storage
