// Any line as a sample in the OpenMetrics format: what is read must be written and read again
// without a change.
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tools/transfer/sample_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto sample = varve::tools::ParseSampleText(line);
  if (!sample.ok() || !sample->has_value()) return 0;
  std::string text;
  varve::tools::AppendSeriesText((*sample)->labels, &text);
  varve::tools::AppendValueText({(*sample)->timestamp_ms.value_or(0), (*sample)->value}, &text);
  text.pop_back();  // the line's end
  const auto again = varve::tools::ParseSampleText(text);
  if (!again.ok() || !again->has_value()) __builtin_trap();
  if (!((*again)->labels == (*sample)->labels)) __builtin_trap();
  const bool same = std::isnan((*sample)->value) ? std::isnan((*again)->value)
                                                 : std::bit_cast<uint64_t>((*again)->value) ==
                                                       std::bit_cast<uint64_t>((*sample)->value);
  if (!same) __builtin_trap();
  return 0;
}
