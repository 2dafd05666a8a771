// LogBlockReader decodes the columns of one log block, each only when it is asked for.
//
// Threads:  thread-compatible. One reader is used for many blocks, to reuse its buffers.
// Owns:     the decoded columns, until the next Open.
// Errors:   DATA_LOSS for damage, UNIMPLEMENTED for an encoding of the future, and what the
//           LogBlockBytes return. After an error of one column the others may still be read.
// Format:   storage/docs/log_part_format.md, section "Block"
#ifndef STORAGE_LOGS_LOG_BLOCK_READER_H_
#define STORAGE_LOGS_LOG_BLOCK_READER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/logs/log_block_header.h"
#include "storage/logs/log_metadata_column.h"
#include "storage/logs/log_template_table.h"
#include "storage/logs/template_decoder.h"

namespace varve::storage {

// Where the bytes of a block come from: memory, or a part file.
class LogBlockBytes {
 public:
  virtual ~LogBlockBytes() = default;
  // `length` bytes from `offset` of the block; valid until the next Read or, in `*scratch`, as long
  // as that is left alone.
  virtual absl::Status Read(size_t offset, size_t length, std::string* scratch,
                            std::string_view* out) const = 0;
  // The templates of the part that the block belongs to.
  virtual absl::StatusOr<const LogTemplateTable*> Templates() const = 0;
};

// A block that lies in memory.
class MemoryBlockBytes : public LogBlockBytes {
 public:
  MemoryBlockBytes() = default;
  // Without templates, messages that are stored as templates cannot be loaded.
  explicit MemoryBlockBytes(std::string_view bytes, const LogTemplateTable* templates = nullptr)
      : bytes_(bytes), templates_(templates) {}
  absl::Status Read(size_t offset, size_t length, std::string* scratch,
                    std::string_view* out) const override;
  absl::StatusOr<const LogTemplateTable*> Templates() const override;

 private:
  std::string_view bytes_;
  const LogTemplateTable* templates_ = nullptr;
};

class LogBlockReader {
 public:
  LogBlockReader() = default;
  LogBlockReader(const LogBlockReader&) = delete;
  LogBlockReader& operator=(const LogBlockReader&) = delete;

  // Reads the header. `bytes` must outlive the use of the block; `count_bytes`, where known, is
  // header.count_bytes() and saves a second read.
  absl::Status Open(const LogBlockBytes* bytes, size_t count_bytes = kLogBlockHeaderBytes);

  const LogBlockHeader& header() const { return header_; }
  uint32_t entries() const { return header_.entries; }

  // Each loads its column when it has not been loaded. Element i belongs to entry i.
  absl::Status LoadTimestamps();
  absl::Status LoadLineBytes();
  absl::Status LoadStreams();
  absl::Status LoadMetadata();
  // Whether an entry may have metadata of one of these names.
  absl::StatusOr<bool> MayHaveMetadata(std::span<const std::string> names);
  absl::Status LoadMessages();  // all of them; loads line lengths too
  // Opens messages that are stored as templates, to search in them. REQUIRES: has_templates().
  absl::Status LoadTemplates();
  // Makes the lines of some rows (ascending) of templates: *text gets them one behind the other,
  // *offsets where each begins, and the end. REQUIRES: has_templates().
  absl::Status MakeLines(std::span<const uint32_t> rows, std::string* text,
                         std::vector<uint32_t>* offsets);
  bool has_templates() const { return header_.encoding == MessageEncoding::kTemplates; }

  // REQUIRES: the column was loaded.
  const std::vector<int64_t>& timestamps_ns() const { return timestamps_; }
  const std::vector<uint32_t>& line_bytes() const { return line_bytes_; }
  const std::vector<uint32_t>& stream_entries() const { return stream_entries_; }
  const LogMetadataColumn& metadata() const { return metadata_; }
  TemplateDecoder* templates() { return &template_decoder_; }
  // All lines one behind the other; line i is messages[line_offsets[i], line_offsets[i + 1]).
  std::string_view messages() const { return messages_; }
  std::span<const uint32_t> line_offsets() const { return line_offsets_; }
  std::string_view line(size_t i) const {
    return messages_.substr(line_offsets_[i], line_offsets_[i + 1] - line_offsets_[i]);
  }

 private:
  absl::Status ReadGroup(LogBlockGroup group, std::string* scratch, std::string_view* out) const;
  bool loaded(LogBlockGroup group) const {
    return (loaded_ >> static_cast<unsigned>(group) & 1) != 0;
  }
  void set_loaded(LogBlockGroup group) { loaded_ |= 1U << static_cast<unsigned>(group); }

  absl::Status LoadText();

  const LogBlockBytes* bytes_ = nullptr;
  std::string head_scratch_;
  std::string_view head_;  // the bytes from the start that Open read
  LogBlockHeader header_;
  unsigned loaded_ = 0;  // one bit per LogBlockGroup
  bool templates_open_ = false;

  std::string scratch_;
  std::string message_scratch_;  // the stored messages where they are raw
  std::string message_text_;
  std::vector<int64_t> timestamps_;
  std::vector<uint32_t> line_bytes_;
  std::vector<uint32_t> stream_entries_;
  std::vector<uint32_t> line_offsets_;
  LogMetadataColumn metadata_;
  TemplateDecoder template_decoder_;
  std::string_view messages_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_BLOCK_READER_H_
