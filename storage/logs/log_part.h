// LogPart: an open part of log entries, immutable.
//
// Threads:  thread-safe; the sources it opens belong to one thread each.
// Owns:     the file. Sources keep their part alive.
// Errors:   DATA_LOSS for damage, which costs the blocks it lies in; Open fails only where index or
//           directory are damaged.
// Format:   storage/docs/log_part_format.md
#ifndef STORAGE_LOGS_LOG_PART_H_
#define STORAGE_LOGS_LOG_PART_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/index/series_index.h"
#include "storage/logs/log_batch_source.h"
#include "storage/logs/log_block_reader.h"
#include "storage/logs/log_directory.h"
#include "storage/logs/log_needles.h"
#include "storage/logs/log_template_table.h"
#include "storage/model/matcher.h"
#include "storage/model/mutex.h"
#include "storage/model/time_range.h"
#include "storage/part/part_file.h"
#include "storage/querier.h"

namespace varve::storage {

class LogPart {
 public:
  static absl::StatusOr<std::shared_ptr<LogPart>> Open(std::shared_ptr<PartFile> file);

  const PartMetadata& metadata() const { return file_->metadata(); }
  const PartFile& file() const { return *file_; }
  const SeriesIndex& index() const { return *index_; }
  const LogDirectory& directory() const { return directory_; }
  uint32_t stream_count() const { return index_->series_count(); }

  // Ids of the streams that match and have a block in the range, in order of label sets.
  absl::StatusOr<IdList> Match(const std::vector<Matcher>& matchers, TimeRange range_ns) const;
  absl::StatusOr<LabelSet> Labels(uint32_t stream) const { return index_->Labels(stream); }
  // The times of a stream's first and last entry; nullopt where it has none.
  std::optional<TimeRange> StreamRange(uint32_t stream) const;
  // Entry counts, times and sizes of a stream, block by block, without reading any.
  std::span<const LogDirectoryRun> Runs(uint32_t stream) const { return directory_.RunsOf(stream); }

  // Reads one stream. `options` and `needles` outlive the source.
  static std::unique_ptr<LogBatchSource> OpenSource(std::shared_ptr<const LogPart> part,
                                                    uint32_t stream, const LogReadOptions* options,
                                                    const LogNeedles* needles);

  // The token filter of a block, verified.
  absl::StatusOr<std::string_view> Filter(uint32_t block) const;
  // The templates that blocks share, read when first asked for; they live as long as the part.
  absl::StatusOr<const LogTemplateTable*> Templates() const;
  // A block that ReadBlock read, to be decoded.
  absl::StatusOr<MemoryBlockBytes> BlockBytes(std::string_view block) const;
  // All bytes of a block, verified, in *scratch or mapped.
  absl::Status ReadBlock(uint32_t block, std::string* scratch, std::string_view* bytes) const;

 private:
  explicit LogPart(std::shared_ptr<PartFile> file) : file_(std::move(file)) {}

  std::shared_ptr<PartFile> file_;
  std::unique_ptr<SeriesIndex> index_;
  LogDirectory directory_;
  mutable Mutex templates_mutex_;
  mutable std::unique_ptr<const LogTemplateTable> templates_ ABSL_GUARDED_BY(templates_mutex_);
};

using LogPartPtr = std::shared_ptr<const LogPart>;

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_PART_H_
