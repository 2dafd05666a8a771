// Remote read: asking a server for raw samples, and reading its answer. Also the format of a file
// of such answers: kReadAnswersBegin, then one answer behind the other, each behind its length as a
// varint.
//
// Threads:  functions without state; a source belongs to one thread.
// Errors:   INVALID_ARGUMENT for bytes that are no answer.
// Format:   Prometheus, "Remote Read API": ReadRequest and ReadResponse in protobuf and snappy,
// with
//           samples (not with streamed chunks).
#ifndef TOOLS_TRANSFER_REMOTE_READ_H_
#define TOOLS_TRANSFER_REMOTE_READ_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/model/matcher.h"
#include "tools/transfer/sample_source.h"

namespace varve::tools {

// What a read answer may take, decompressed.
inline constexpr size_t kReadAnswerBytesMax = size_t{1} << 30;
inline constexpr size_t kHistogramBucketsMax = 1 << 20;

// How a file of answers begins.
inline constexpr std::string_view kReadAnswersBegin = "varve remote read 1\n";

// A compressed request for the series of one selector, with samples of [begin_ms, end_ms].
std::string ReadRequestBody(const std::vector<storage::Matcher>& matchers, int64_t begin_ms,
                            int64_t end_ms);

// The series of a compressed answer.
absl::Status ParseReadAnswer(std::string_view compressed, std::vector<SeriesSamples>* series);

// The answers of a file.
class ReadAnswerSource : public SampleSource {
 public:
  // `bytes` are those of the whole file.
  explicit ReadAnswerSource(std::string bytes) : bytes_(std::move(bytes)) {}

  absl::StatusOr<bool> Next(SeriesSamples* samples) override;
  double progress() const override;

 private:
  const std::string bytes_;
  size_t position_ = 0;
  std::vector<SeriesSamples> series_;  // of the answer that was read last
  size_t next_ = 0;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_REMOTE_READ_H_
