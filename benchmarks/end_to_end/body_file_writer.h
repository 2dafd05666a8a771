// BodyFileWriter: gathers samples into remote-write bodies and writes them to a file that
// body_sender sends (body_file.h).
//
// Threads:  one-thread.
// Owns:     the file.
// Errors:   Finish says whether everything was written.
#ifndef BENCHMARKS_END_TO_END_BODY_FILE_WRITER_H_
#define BENCHMARKS_END_TO_END_BODY_FILE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace varve::benchmarks {

// A series' labels as the fields of a remote-write TimeSeries, sorted by name.
std::string MakeLabelBlock(std::vector<std::pair<std::string, std::string>> labels);

class BodyFileWriter {
 public:
  BodyFileWriter(const std::string& path, size_t body_samples)
      : file_(path, std::ios::binary), body_samples_(body_samples) {}

  void Append(const std::string& label_block, double value, int64_t timestamp_ms);
  bool Finish();

  size_t samples() const { return samples_; }
  size_t bodies() const { return bodies_; }
  size_t bytes() const { return bytes_; }

 private:
  void Flush();

  std::ofstream file_;
  size_t body_samples_;
  std::string request_;
  std::string compressed_;
  size_t request_samples_ = 0;
  size_t samples_ = 0;
  size_t bodies_ = 0;
  size_t bytes_ = 0;
};

}  // namespace varve::benchmarks

#endif  // BENCHMARKS_END_TO_END_BODY_FILE_WRITER_H_
