// Any bytes are parsed or refused; what is parsed prints to a text that parses to the same text.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "query/promql/parser.h"
#include "query/promql/printer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::query;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)ParseSelector(text);
  auto expr = ParseExpression(text);
  if (!expr.ok()) return 0;
  (void)ResolveDurations({15'000, 3'600'000}, expr->get());
  const auto canonical = ParseExpression(PrintExpression(**expr));
  if (!canonical.ok()) std::abort();
  const std::string printed = PrintExpression(**canonical);
  // As upstream prints infinity, its sign binds less than a power: `inf ^ n` does not come back.
  if (printed.find("Inf") != std::string::npos) return 0;
  // A long chain is indented so deeply that its layout may be longer than a query can be.
  constexpr ParseLimits kOfLayout{.query_bytes_max = 1 << 30};
  const auto pretty = ParseExpression(PrettyExpression(**canonical), kOfLayout);
  if (!pretty.ok() || PrintExpression(**pretty) != printed) std::abort();
  return 0;
}
