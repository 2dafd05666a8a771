#include "storage/log_replay.h"

namespace varve::storage {

void LogReplay::Visit(std::string_view payload) {
  if (!decoder_.Decode(payload).ok()) {
    ++counts_.corruptions;
    return;
  }
  for (const RefDefinition& definition : decoder_.definitions()) {
    streams_[definition.ref] = head_->GetOrCreate(definition.labels);
  }
  bool orphaned = false;
  for (const EntryRecordDecoder::Stream& one : decoder_.streams()) {
    const auto found = streams_.find(one.ref);
    if (found == streams_.end()) {
      orphaned = true;
      continue;
    }
    head_->Append(found->second, decoder_.entries().subspan(one.begin, one.end - one.begin));
    counts_.entries += one.end - one.begin;
  }
  if (orphaned) ++counts_.corruptions;
}

}  // namespace varve::storage
