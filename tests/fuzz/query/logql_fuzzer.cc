// Parses a query and runs it over a few lines: the first line of the input is the query, each other
// one a log line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "query/logql/logql_engine.h"
#include "tests/support/memory_log_querier.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\x01');
  const std::string_view text = input.substr(0, end);
  test::MemoryLogQuerier querier;
  const storage::LabelSet stream{{"app", "x"}, {"env", "prod"}};
  const storage::LabelSet metadata{{"user", "u1"}};
  int64_t time = 0;
  for (size_t at = end; at < input.size();) {
    const size_t next = std::min(input.find('\x01', at + 1), input.size());
    querier.Add(stream, ++time, input.substr(at + 1, next - at - 1), metadata);
    at = next;
  }
  query::QueryLimits limits;
  limits.timeout_ms = 2000;
  query::QueryContext context(limits, nullptr, nullptr);
  (void)query::LogqlEngine().Range(querier, text, 0, 100, 10, 100, storage::Direction::kForward,
                                   &context);
  return 0;
}
