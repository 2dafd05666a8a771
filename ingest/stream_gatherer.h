// StreamGatherer: puts entries that come in any order of streams together by stream.
//
// Threads:  one-thread.
// Owns:     nothing: labels, lines and metadata outlive it; lines also the request.
#ifndef INGEST_STREAM_GATHERER_H_
#define INGEST_STREAM_GATHERER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/log_batch_builder.h"
#include "storage/model/text.h"

namespace varve::ingest {

class StreamGatherer {
 public:
  // Equal labels in the same order are one stream.
  void Add(LogBatchBuilder::Pairs labels, int64_t timestamp_ns, std::string_view line,
           LogBatchBuilder::Pairs metadata);
  // Streams in the order of their first entries; entries in the order they were added.
  void Build(LogBatchBuilder* builder);

 private:
  struct GatheredEntry {
    int64_t timestamp_ns = 0;
    std::string_view line;
    LogBatchBuilder::Pairs metadata;
  };
  struct GatheredStream {
    LogBatchBuilder::Pairs labels;
    std::vector<GatheredEntry> entries;
  };

  std::vector<GatheredStream> streams_;
  storage::StringMap<size_t> index_;  // by labels
  std::string key_;
};

}  // namespace varve::ingest

#endif  // INGEST_STREAM_GATHERER_H_
