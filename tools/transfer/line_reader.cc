#include "tools/transfer/line_reader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

#include "storage/model/text.h"
#include "tools/transfer/gzip_stream.h"

namespace varve::tools {

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path) {
  if (path == "-") return std::make_unique<LineReader>(&std::cin, 0, "standard input");
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  std::error_code error;
  if (!file->is_open() || std::filesystem::is_directory(path, error)) {
    return absl::NotFoundError(storage::StrCat("cannot open ", path, ": no such file"));
  }
  const uint64_t size = std::filesystem::file_size(path, error);
  if (GzipStream::IsGzip(path)) {
    auto stream = std::make_unique<GzipStream>(path);
    auto reader = std::make_unique<LineReader>(stream.get(), error ? 0 : size, path);
    reader->gzip_ = stream.get();
    reader->owned_ = std::move(stream);
    return reader;
  }
  auto reader = std::make_unique<LineReader>(file.get(), error ? 0 : size, path);
  reader->owned_ = std::move(file);
  return reader;
}

LineReader::LineReader(std::istream* in, uint64_t size, std::string name)
    : in_(in), size_(size), name_(std::move(name)) {}

absl::StatusOr<bool> LineReader::Next(std::string* line) {
  if (!std::getline(*in_, *line)) {
    if (in_->bad()) return absl::UnavailableError(storage::StrCat("cannot read ", name_));
    if (gzip_ != nullptr && gzip_->damaged()) {
      return absl::DataLossError(storage::StrCat("cannot read ", name_, " behind line ",
                                                 line_number_, ": it is damaged or was cut"));
    }
    return false;
  }
  ++line_number_;
  bytes_read_ += line->size() + 1;
  if (line->size() > kLineBytesMax) {
    return absl::InvalidArgumentError(storage::StrCat("cannot read line ", line_number_, " of ",
                                                      name_, ": ", line->size(),
                                                      " bytes, want at most ", kLineBytesMax));
  }
  return true;
}

double LineReader::progress() const {
  if (size_ == 0) return -1;
  const uint64_t read = gzip_ != nullptr ? gzip_->compressed_bytes() : bytes_read_;
  return std::min(1.0, static_cast<double>(read) / static_cast<double>(size_));
}

}  // namespace varve::tools
