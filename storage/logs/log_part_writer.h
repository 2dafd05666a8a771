// LogPartWriter writes a log part: streams in the order of their label sets, the entries of each in
// the order of (timestamp, arrival). Blocks that are ready can be taken over as they are.
//
//   auto writer = LogPartWriter::Create(files, "parts/l-17.part");
//   writer->BeginStream(labels);
//   writer->Add(entry); ...
//   writer->Finish({.part_id = 17, .level = 0, .partition_day = day});
//
// Threads:  thread-compatible.
// Owns:     the temporary file, until Finish; one open block, the filters and the directory.
// Errors:   INVALID_ARGUMENT for streams or entries out of order, FAILED_PRECONDITION from Finish
//           where no entry was added; otherwise those of PartFileWriter.
// Format:   storage/docs/log_part_format.md
#ifndef STORAGE_LOGS_LOG_PART_WRITER_H_
#define STORAGE_LOGS_LOG_PART_WRITER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/index/series_index_writer.h"
#include "storage/io/file_system.h"
#include "storage/logs/log_block.h"
#include "storage/logs/log_directory.h"
#include "storage/logs/log_template_table.h"
#include "storage/logs/template_encoder.h"
#include "storage/model/entry.h"
#include "storage/part/part_file_writer.h"

namespace varve::storage {

class LogPartWriter {
 public:
  // `kind`: kLogs, or kExemplars.
  static absl::StatusOr<std::unique_ptr<LogPartWriter>> Create(FileSystem* files, std::string path,
                                                               SignalKind kind = SignalKind::kLogs);

  // A stream that gets no entry is left out.
  absl::Status BeginStream(LabelSetView labels);
  absl::Status Add(const Entry& entry);
  // Takes a block over without decoding it. REQUIRES: it holds one stream's entries, and templates
  // of this part.
  absl::Status AddBlock(const LogBlock& block);
  // Makes a block with templates of another part one of this part; false where the part has no room
  // for them.
  absl::StatusOr<bool> RenumberTemplates(const LogTemplateTable& from, LogBlock* block);

  // From now on, blocks that are made here are as small as can be, which takes time.
  void MakeBlocksSmall() { encoder_.emplace(templates_.get()); }
  bool makes_blocks_small() const { return encoder_.has_value(); }

  // Called after each block, if it is set; its error is the writer's.
  void set_between_blocks(std::function<absl::Status()> visit) {
    between_blocks_ = std::move(visit);
  }

  // Whether no entry was added yet.
  bool empty() const { return metadata_.entry_count == 0 && builder_.entries() == 0; }

  // Completes `identity` (id, level, day) by what was written and publishes the file. Returns the
  // part's metadata; file_bytes() is known then.
  absl::StatusOr<PartMetadata> Finish(const PartMetadata& identity);
  uint64_t file_bytes() const { return file_bytes_; }

 private:
  explicit LogPartWriter(std::unique_ptr<PartFileWriter> file) : file_(std::move(file)) {}

  // Gives the current stream its id with its first entry.
  absl::Status RegisterStream();
  absl::Status CheckOrder(int64_t timestamp_ns);
  absl::Status FinishBlock();
  absl::Status WriteBlock(const LogBlock& block);

  std::unique_ptr<PartFileWriter> file_;
  SeriesIndexWriter index_;
  LogBlockBuilder builder_;
  std::unique_ptr<LogTemplateTable> templates_ = std::make_unique<LogTemplateTable>();
  std::optional<TemplateEncoder> encoder_;
  std::vector<uint32_t> builder_streams_;  // ids of the streams in builder_
  LogDirectory directory_;
  std::string filters_;

  std::function<absl::Status()> between_blocks_;
  LabelSet labels_;  // of the current stream
  bool has_stream_ = false;
  bool registered_ = false;
  uint32_t stream_ = 0;
  int64_t last_ns_ = 0;
  PartMetadata metadata_;
  uint64_t file_bytes_ = 0;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_PART_WRITER_H_
