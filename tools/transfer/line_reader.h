// LineReader: the lines of a file, also of one compressed by gzip, or of standard input where the
// path is `-`.
//
// Threads:  one-thread.
// Owns:     the open file.
// Errors:   Open: NOT_FOUND; Next: INVALID_ARGUMENT for a line that is too long, DATA_LOSS for a
//           compressed file that is damaged.
#ifndef TOOLS_TRANSFER_LINE_READER_H_
#define TOOLS_TRANSFER_LINE_READER_H_

#include <cstdint>
#include <istream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace varve::tools {

class GzipStream;

// No line of samples is longer.
inline constexpr size_t kLineBytesMax = 256 << 20;

class LineReader {
 public:
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path);
  // Lines of a stream of `size` bytes, 0 where that is not known; the stream outlives the reader.
  LineReader(std::istream* in, uint64_t size, std::string name);

  // The next line without its end; false at the end.
  absl::StatusOr<bool> Next(std::string* line);

  uint64_t line_number() const { return line_number_; }  // of the last line read, from 1
  const std::string& name() const { return name_; }
  // From 0 to 1; negative where the size is not known.
  double progress() const;

 private:
  std::unique_ptr<std::istream> owned_;
  std::istream* in_;
  const uint64_t size_;
  const std::string name_;
  const GzipStream* gzip_ = nullptr;  // where the file is compressed
  uint64_t bytes_read_ = 0;
  uint64_t line_number_ = 0;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_LINE_READER_H_
