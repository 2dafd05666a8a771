// Any bytes as a filter are safe to ask; a filter never rules out a piece of a line it was built
// from.
#include <cstdint>
#include <string_view>

#include "storage/logs/token_filter.h"

using namespace varve::storage;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const size_t split = text.size() * data[0] / 256;
  TokenQuery(text.substr(0, split)).MayMatch(text.substr(split));

  static TokenFilterBuilder builder;
  builder.AddLine(text.substr(0, split));
  builder.AddLine(text.substr(split));
  const std::string filter = builder.Build(1 << 20);
  if (!IsValidTokenFilter(filter)) __builtin_trap();
  const size_t begin = split * data[1] / 256;
  if (!TokenQuery(text.substr(begin, split - begin)).MayMatch(filter)) __builtin_trap();
  if (!TokenQuery(text.substr(split, (text.size() - split) / 2)).MayMatch(filter)) __builtin_trap();
  return 0;
}
