// HidingLogSource: a source without the entries that filters of deletes match.
//
// Lines and metadata are decoded only of batches that reach into the range of a delete, and only to
// ask its filter.
//
// Threads:  thread-compatible.
// Owns:     the source it reads, and columns of what is left of a batch.
// Errors:   those of the source.
#ifndef STORAGE_LOGS_HIDING_LOG_SOURCE_H_
#define STORAGE_LOGS_HIDING_LOG_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "storage/entry_filter.h"
#include "storage/logs/log_batch_source.h"
#include "storage/part/part_deletions.h"

namespace varve::storage {

class HidingLogSource : public LogBatchSource {
 public:
  // `hidden`: of the stream `labels`; their filters outlive this.
  HidingLogSource(std::unique_ptr<LogBatchSource> source, LabelSetView labels,
                  const std::vector<HiddenEntries>& hidden);

  int64_t bound_ns() const override { return source_->bound_ns(); }
  absl::StatusOr<bool> Next(LogColumns* columns) override;
  absl::Status LoadAll(LogColumns* columns) override;

 private:
  struct Filter {
    TimeRange range_ns;
    std::unique_ptr<EntryMatcher> matcher;
  };

  bool MayHide(const LogColumns& batch) const;
  bool IsHidden(const Entry& entry);
  // Makes the columns below of the rows of `all` that stay; false where every row does.
  bool Keep(const LogColumns& all);

  const std::unique_ptr<LogBatchSource> source_;
  std::vector<Filter> filters_;

  // What is left of the last batch, where something of it was hidden.
  bool is_cut_ = false;
  std::vector<int64_t> timestamps_;
  std::vector<uint32_t> line_bytes_;
  std::vector<std::string_view> lines_;
  std::vector<LabelSetView> metadata_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_HIDING_LOG_SOURCE_H_
