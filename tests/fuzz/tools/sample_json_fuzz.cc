// Any line as samples in JSON: what is read must be written and read again without a change.
#include <cstddef>
#include <cstdint>
#include <string>

#include "tools/transfer/sample_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  varve::tools::SeriesSamples samples;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (!varve::tools::ParseSampleJson(line, &samples).ok()) return 0;
  std::string first;
  varve::tools::AppendSampleJson(samples, &first);
  varve::tools::SeriesSamples again;
  if (!varve::tools::ParseSampleJson(first, &again).ok()) __builtin_trap();
  std::string second;
  varve::tools::AppendSampleJson(again, &second);
  if (first != second) __builtin_trap();
  return 0;
}
