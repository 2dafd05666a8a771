#include "tools/transfer/gzip_stream.h"

#include <zlib.h>

#include <fstream>

namespace varve::tools {

class GzipStream::Buffer : public std::streambuf {
 public:
  explicit Buffer(const std::string& path) : file_(gzopen(path.c_str(), "rb")) {
    if (file_ != nullptr) gzbuffer(file_, kFileBufferBytes);
    damaged_ = file_ == nullptr;
  }
  bool damaged() const { return damaged_; }
  ~Buffer() override {
    if (file_ != nullptr) gzclose(file_);
  }
  uint64_t compressed_bytes() const {
    const auto offset = file_ == nullptr ? -1 : gzoffset(file_);
    return offset < 0 ? 0 : static_cast<uint64_t>(offset);
  }

 protected:
  int_type underflow() override {
    if (file_ == nullptr) return traits_type::eof();
    const int count = gzread(file_, bytes_.data(), static_cast<unsigned>(bytes_.size()));
    int error = Z_OK;
    gzerror(file_, &error);
    // A file that was cut is an error, too, though what is there could be read.
    if (count < 0 || (count == 0 && error != Z_OK && error != Z_STREAM_END)) {
      damaged_ = true;
    }
    if (count <= 0) return traits_type::eof();
    setg(bytes_.data(), bytes_.data(), bytes_.data() + count);
    return traits_type::to_int_type(bytes_[0]);
  }

 private:
  static constexpr unsigned kFileBufferBytes = 256 << 10;

  gzFile file_;
  bool damaged_ = false;
  std::array<char, 64 << 10> bytes_;
};

bool GzipStream::IsGzip(const std::string& path) {
  std::array<char, 2> begin{};
  std::ifstream(path, std::ios::binary).read(begin.data(), begin.size());
  return begin[0] == '\x1f' && begin[1] == '\x8b';
}

GzipStream::GzipStream(const std::string& path)
    : std::istream(nullptr), buffer_(std::make_unique<Buffer>(path)) {
  rdbuf(buffer_.get());
}

GzipStream::~GzipStream() { rdbuf(nullptr); }

bool GzipStream::damaged() const { return buffer_->damaged(); }

uint64_t GzipStream::compressed_bytes() const { return buffer_->compressed_bytes(); }

}  // namespace varve::tools
