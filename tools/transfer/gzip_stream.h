// GzipStream: a compressed file as a stream of its content.
//
// Threads:  one-thread.
// Owns:     the open file.
// Format:   RFC 1952, several members too.
#ifndef TOOLS_TRANSFER_GZIP_STREAM_H_
#define TOOLS_TRANSFER_GZIP_STREAM_H_

#include <array>
#include <cstdint>
#include <istream>
#include <memory>
#include <streambuf>
#include <string>

namespace varve::tools {

class GzipStream : public std::istream {
 public:
  // Whether a file begins as compressed ones do.
  static bool IsGzip(const std::string& path);
  explicit GzipStream(const std::string& path);
  ~GzipStream() override;

  // Whether the stream ended because the file could not be read on.
  bool damaged() const;
  // Bytes of the file that were read.
  uint64_t compressed_bytes() const;

 private:
  class Buffer;
  std::unique_ptr<Buffer> buffer_;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_GZIP_STREAM_H_
