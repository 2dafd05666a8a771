// StreamGatherer: puts entries that come in any order of streams together by stream, and tells what
// became of each.
//
// Threads:  one-thread.
// Owns:     nothing: labels, lines and metadata outlive it; lines also the request.
#ifndef INGEST_STREAM_GATHERER_H_
#define INGEST_STREAM_GATHERER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "ingest/log_batch_builder.h"
#include "storage/model/text.h"

namespace varve::ingest {

class StreamGatherer {
 public:
  // Equal labels in the same order are one stream.
  void Add(LogBatchBuilder::Pairs labels, int64_t timestamp_ns, std::string_view line,
           LogBatchBuilder::Pairs metadata);
  // Streams in the order of their first entries; entries in the order they were added.
  void Build(LogBatchBuilder* builder) {
    Build(builder, [](size_t, const std::optional<storage::Rejection>&) {});
  }
  // Calls `tell(number, why)` for each entry when it goes into the batch (nullopt) or is refused;
  // entries are numbered from 0 in the order they were added.
  using Tell = absl::FunctionRef<void(size_t number, const std::optional<storage::Rejection>& why)>;
  void Build(LogBatchBuilder* builder, Tell tell);

 private:
  struct GatheredEntry {
    size_t number = 0;
    int64_t timestamp_ns = 0;
    std::string_view line;
    LogBatchBuilder::Pairs metadata;
  };
  struct GatheredStream {
    LogBatchBuilder::Pairs labels;
    std::vector<GatheredEntry> entries;
  };

  size_t entries_ = 0;
  std::vector<GatheredStream> streams_;
  storage::StringMap<size_t> index_;  // by labels
  std::string key_;
};

}  // namespace varve::ingest

#endif  // INGEST_STREAM_GATHERER_H_
