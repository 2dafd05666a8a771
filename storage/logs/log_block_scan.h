// LogBlockScan reads the wanted entries of one stream out of one block, as columns.
//
// Threads:  thread-compatible. One scan is used for many blocks, to reuse its buffers.
// Owns:     the columns it returned last.
// Errors:   as LogBlockReader.
#ifndef STORAGE_LOGS_LOG_BLOCK_SCAN_H_
#define STORAGE_LOGS_LOG_BLOCK_SCAN_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "storage/logs/log_block_reader.h"
#include "storage/logs/log_needles.h"
#include "storage/logs/short_line_maker.h"
#include "storage/querier.h"

namespace varve::storage {

// Entries [begin, end) of a block: those of one stream.
struct LogRows {
  uint32_t begin = 0;
  uint32_t end = 0;
};

class LogBlockScan {
 public:
  // `options` without the conditions on lines, which `needles` stand for; both outlive the scan.
  LogBlockScan(const LogReadOptions* options, const LogNeedles* needles)
      : options_(options), needles_(needles) {}
  LogBlockScan(const LogBlockScan&) = delete;
  LogBlockScan& operator=(const LogBlockScan&) = delete;

  // Reads the entries of `rows` (cut to the block's) that lie in the range and meet the needles;
  // the result may be empty. `bytes` must live until the next Read. The first batch_entries_max of
  // them are returned, the others by ReadMore.
  absl::Status Read(const LogBlockBytes* bytes, size_t count_bytes, LogRows rows,
                    LogColumns* columns);
  bool has_more() const { return batch_end_ < size_; }
  absl::Status ReadMore(LogColumns* columns);
  // Timestamps of what ReadMore will return first. REQUIRES: has_more().
  int64_t next_ns() const { return reader_.timestamps_ns()[Row(batch_end_)]; }
  // Fills in whole lines and all metadata of the last result.
  absl::Status LoadAll(LogColumns* columns);

  const LogBlockReader& reader() const { return reader_; }

 private:
  absl::Status SelectRows(LogRows rows);
  absl::Status SelectLines();
  absl::Status SelectMetadata();
  // Leaves out entries that the shortener does not keep.
  absl::Status SelectShortened();
  // Whether metadata of entries matters to the read; loads it then.
  absl::StatusOr<bool> LoadAskedMetadata();
  absl::Status FillBatch(LogColumns* columns);
  // Row of the block that is the i-th of the result.
  size_t Row(size_t i) const;
  void FillTimes(LogColumns* columns);
  // The rows of the batch, ascending.
  std::vector<uint32_t> BatchRows() const;
  absl::Status MakeTemplateLines();
  absl::Status MakeShortLines(LogColumns* columns);
  absl::Status FillLines(LogColumns* columns);
  absl::Status FillMetadata(LogColumns* columns);

  const LogReadOptions* options_;
  const LogNeedles* needles_;
  LogBlockReader reader_;

  size_t size_ = 0;
  size_t first_ = 0;        // the wanted rows are [first_, first_ + size_), or
  bool scattered_ = false;  // first_ + hits_[i]
  std::vector<uint32_t> hits_;
  size_t batch_begin_ = 0;  // the last batch is [batch_begin_, batch_end_) of the result
  size_t batch_end_ = 0;

  std::vector<int64_t> timestamps_;
  std::vector<uint32_t> line_bytes_;
  std::vector<std::string_view> lines_;
  std::vector<uint8_t> mask_;
  std::string line_text_;
  ShortLineMaker short_lines_;
  std::string whole_text_;  // of lines that cannot be short; LoadAll leaves it alone
  std::vector<uint32_t> line_ids_;
  std::vector<LabelSetView> metadata_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_BLOCK_SCAN_H_
