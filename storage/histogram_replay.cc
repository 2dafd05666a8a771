#include "storage/histogram_replay.h"

namespace varve::storage {

void HistogramReplay::Visit(std::string_view payload) {
  if (!decoder_.Decode(payload).ok()) {
    ++counts_.corruptions;
    return;
  }
  for (const RefDefinition& definition : decoder_.definitions()) {
    series_[definition.ref] = head_->ReplaySeries(definition.labels);
  }
  bool orphaned = false;
  for (const HistogramRecordDecoder::Series& one : decoder_.series()) {
    const auto found = series_.find(one.ref);
    if (found == series_.end()) {
      orphaned = true;
      continue;
    }
    const size_t count = one.end - one.begin;
    head_->ReplayHistograms(found->second, decoder_.timestamps_ms().subspan(one.begin, count),
                            decoder_.histograms().subspan(one.begin, count));
    counts_.entries += count;
  }
  if (orphaned) ++counts_.corruptions;
}

}  // namespace varve::storage
