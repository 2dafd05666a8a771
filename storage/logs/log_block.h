// LogBlock: up to 8192 entries or 1 MiB of lines, compressed and immutable. LogBlockBuilder makes
// one; log_block_reader.h reads it.
//
// The entries of a block belong to one stream, or to several small ones, one behind the other. The
// entries of one stream stand in the order of their timestamps; equal ones in order of arrival.
//
// Threads:  LogBlock is immutable; LogBlockBuilder is thread-compatible.
// Owns:     its bytes.
// Errors:   none.
// Format:   storage/docs/log_part_format.md, section "Block"
#ifndef STORAGE_LOGS_LOG_BLOCK_H_
#define STORAGE_LOGS_LOG_BLOCK_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/logs/log_block_header.h"
#include "storage/logs/log_metadata_column.h"
#include "storage/logs/template_encoder.h"
#include "storage/logs/token_filter.h"
#include "storage/model/entry.h"

namespace varve::storage {

// The entries of one stream in a block. Equal to what the part's directory says of them.
struct LogBlockRun {
  uint32_t entries = 0;
  int64_t min_ns = 0;
  int64_t max_ns = 0;
  uint64_t raw_bytes = 0;  // lines and packed metadata

  friend bool operator==(const LogBlockRun&, const LogBlockRun&) = default;
};

struct LogBlock {
  std::string bytes;
  std::string filter;             // of the lines, see token_filter.h
  std::vector<LogBlockRun> runs;  // one per stream

  uint32_t entries() const;
  int64_t min_ns() const;
  int64_t max_ns() const;
  uint64_t raw_bytes() const;
  size_t memory_bytes() const { return bytes.capacity() + filter.capacity() + sizeof(*this); }
};

class LogBlockBuilder {
 public:
  // Entries added from now on belong to the next stream.
  void NextStream();
  // Whether the block must be finished before `entry` is added.
  bool IsFullFor(const Entry& entry) const;
  // REQUIRES: !IsFullFor(entry); within a stream, timestamps do not go down; the line is at most
  // kLogLineBytesMax long.
  void Add(const Entry& entry);

  bool empty() const { return timestamps_.empty(); }
  uint32_t entries() const { return static_cast<uint32_t>(timestamps_.size()); }
  size_t message_bytes() const { return messages_.size(); }
  // Streams that have entries in the block.
  size_t streams() const { return runs_.size(); }

  // REQUIRES: !empty(). The builder is empty again; the next entry begins a stream. With an encoder
  // the block is made small: of templates, or else of text that is compressed hard.
  LogBlock Finish(TemplateEncoder* templates = nullptr);

 private:
  // The message group, and how it is encoded.
  MessageEncoding EncodeMessages(TemplateEncoder* templates, std::string* group) const;

  bool next_stream_ = true;
  std::vector<LogBlockRun> runs_;
  std::vector<int64_t> timestamps_;
  std::vector<uint32_t> line_bytes_;
  std::string messages_;
  LogMetadataBuilder metadata_;
  TokenFilterBuilder filter_;
};

// A longer line does not fit into a block. Requests are limited far below.
inline constexpr size_t kLogLineBytesMax = 128 << 20;

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_BLOCK_H_
