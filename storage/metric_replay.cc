#include "storage/metric_replay.h"

namespace varve::storage {

void MetricReplay::Visit(std::string_view payload) {
  ReplayRecord* const record = workers_.Take();
  // The payload dies with this call, but what is decoded from it does not point into it, except for
  // the definitions.
  if (!record->decoder.Decode(payload).ok()) {
    ++counts_.corruptions;
    workers_.PutBack(record);
    return;
  }
  record->created.clear();
  refs_.Define(record->decoder.definitions(), head_, &record->created);
  bool orphaned = false;
  record->series.clear();
  record->series.reserve(record->decoder.series().size());
  for (const SampleRecordDecoder::Series& one : record->decoder.series()) {
    MemorySeries* const series = refs_.Find(one.ref);
    record->series.push_back(series);
    if (series == nullptr) {
      orphaned = true;
    } else {
      counts_.entries += one.end - one.begin;
    }
  }
  if (orphaned) ++counts_.corruptions;
  workers_.Add(record);
}

ReplayCounts MetricReplay::Finish() {
  workers_.Finish();
  return counts_;
}

}  // namespace varve::storage
