#include "ingest/stream_gatherer.h"

#include <utility>

namespace varve::ingest {

void StreamGatherer::Add(LogBatchBuilder::Pairs labels, int64_t timestamp_ns, std::string_view line,
                         LogBatchBuilder::Pairs metadata) {
  key_.clear();
  for (const auto& [name, value] : labels) {
    storage::StrAppend(&key_, name.size(), ":", name, value.size(), ":", value);
  }
  const auto [found, is_new] = index_.try_emplace(key_, streams_.size());
  if (is_new) streams_.push_back({std::move(labels), {}});
  streams_[found->second].entries.push_back({entries_++, timestamp_ns, line, std::move(metadata)});
}

void StreamGatherer::Build(LogBatchBuilder* builder, Tell tell) {
  for (GatheredStream& stream : streams_) {
    builder->BeginStream(std::move(stream.labels));
    for (GatheredEntry& entry : stream.entries) {
      tell(entry.number,
           builder->AddEntry(entry.timestamp_ns, entry.line, std::move(entry.metadata)));
    }
    builder->EndStream();
  }
  entries_ = 0;
  streams_.clear();
  index_.clear();
}

}  // namespace varve::ingest
