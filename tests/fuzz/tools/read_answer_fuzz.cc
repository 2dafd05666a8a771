// Any bytes as a remote-read answer, compressed or not, and as a file of them.
#include <snappy.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "tools/transfer/remote_read.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  std::vector<varve::tools::SeriesSamples> series;
  varve::tools::ParseReadAnswer(bytes, &series).IgnoreError();
  std::string compressed;
  snappy::Compress(bytes.data(), bytes.size(), &compressed);
  series.clear();
  varve::tools::ParseReadAnswer(compressed, &series).IgnoreError();
  varve::tools::ReadAnswerSource source(std::string(varve::tools::kReadAnswersBegin) + bytes);
  varve::tools::SeriesSamples samples;
  while (true) {
    const absl::StatusOr<bool> more = source.Next(&samples);
    if (!more.ok() || !*more) return 0;
  }
}
