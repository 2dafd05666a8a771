#include "benchmarks/end_to_end/body_file_writer.h"

#include <snappy.h>

#include <algorithm>
#include <cstring>

#include "benchmarks/end_to_end/body_file.h"
#include "benchmarks/end_to_end/protobuf_writer.h"

namespace varve::benchmarks {
namespace {

constexpr uint32_t kTimeSeriesField = 1;
constexpr uint32_t kLabelsField = 1;

}  // namespace

std::string MakeLabelBlock(std::vector<std::pair<std::string, std::string>> labels) {
  std::sort(labels.begin(), labels.end());
  std::string block;
  for (const auto& [name, value] : labels) {
    std::string label;
    AppendBytesField(1, name, &label);
    AppendBytesField(2, value, &label);
    AppendBytesField(kLabelsField, label, &block);
  }
  return block;
}

void BodyFileWriter::Append(const std::string& label_block, double value, int64_t timestamp_ms) {
  std::string sample;
  AppendTag(1, 1, &sample);
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  sample.append(bytes, sizeof(bytes));
  AppendTag(2, 0, &sample);
  AppendVarint(static_cast<uint64_t>(timestamp_ms), &sample);
  AppendTag(kTimeSeriesField, 2, &request_);
  AppendVarint(label_block.size() + 2 + sample.size(), &request_);
  request_.append(label_block);
  AppendBytesField(2, sample, &request_);
  ++samples_;
  if (++request_samples_ == body_samples_) Flush();
}

bool BodyFileWriter::Finish() {
  if (request_samples_ > 0) Flush();
  file_.flush();
  return file_.good();
}

void BodyFileWriter::Flush() {
  snappy::Compress(request_.data(), request_.size(), &compressed_);
  BodyHeader header;
  header.body_bytes = static_cast<uint32_t>(compressed_.size());
  header.samples = static_cast<uint32_t>(request_samples_);
  char bytes[sizeof(header)];
  std::memcpy(bytes, &header, sizeof(header));
  file_.write(bytes, sizeof(bytes));
  file_.write(compressed_.data(), static_cast<std::streamsize>(compressed_.size()));
  ++bodies_;
  bytes_ += compressed_.size();
  request_.clear();
  request_samples_ = 0;
}

}  // namespace varve::benchmarks
