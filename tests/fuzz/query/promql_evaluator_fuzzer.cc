// An expression and samples, both made of the input's bytes, are evaluated at one time and over a
// range. Nothing breaks, no limit is met, and what fails says why in words of its own.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "query/promql/promql_engine.h"
#include "tests/support/memory_querier.h"
#include "tests/support/promql_expression.h"

namespace varve::tests {
namespace {

constexpr int kDepth = 4;
constexpr size_t kSeries = 8;
constexpr size_t kSamplesMax = 24;

double ValueOf(uint8_t byte) {
  switch (byte) {
    case 255:
      return storage::StaleMarker();
    case 254:
      return std::numeric_limits<double>::quiet_NaN();
    case 253:
      return std::numeric_limits<double>::infinity();
    case 252:
      return -std::numeric_limits<double>::infinity();
    case 251:
      return 1e308;
    default:
      return (static_cast<double>(byte) - 100) / 4;
  }
}

void Fill(ByteChoices* choices, MemoryQuerier* querier) {
  constexpr std::string_view kNames[] = {"m", "m_total", "m_bucket", "m_info"};
  constexpr std::string_view kBounds[] = {"0.1", "1", "+Inf", "x"};
  for (size_t i = 0; i < kSeries && choices->size() > 0; ++i) {
    const std::string_view name = kNames[choices->Below(4)];
    storage::LabelSet labels{{"__name__", name}};
    labels = labels.With("a", choices->Below(2) == 0 ? "1" : "2");
    labels = labels.With("b", choices->Below(2) == 0 ? "1" : "2");
    if (name == "m_bucket") labels = labels.With("le", kBounds[choices->Below(4)]);
    std::vector<storage::Sample> samples;
    int64_t time_ms = 0;
    for (size_t k = choices->Below(kSamplesMax); k > 0; --k) {
      time_ms += 1 + static_cast<int64_t>(choices->Byte()) * 100;
      samples.push_back({time_ms, ValueOf(choices->Byte())});
      if (choices->Below(4) == 0) querier->SetStartTimestamp(labels, time_ms, time_ms - 5000);
    }
    if (!samples.empty()) querier->Add(labels, samples);
  }
}

void Check(const absl::StatusOr<query::QueryResult>& result, const std::string& expression) {
  if (result.ok() || absl::IsFailedPrecondition(result.status()) ||
      absl::IsInvalidArgument(result.status())) {
    return;
  }
  std::fprintf(stderr, "%s\n%s\n", expression.c_str(), result.status().ToString().c_str());
  std::abort();
}

}  // namespace
}  // namespace varve::tests

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve;
  tests::ByteChoices choices({data, size});
  query::QueryLimits limits;
  const uint8_t features = choices.Byte();
  limits.features = {(features & 1) != 0, (features & 2) != 0, (features & 4) != 0};
  const std::string expression = tests::ExpressionFromBytes(&choices, tests::kDepth);
  tests::MemoryQuerier querier;
  tests::Fill(&choices, &querier);
  const query::PromqlEngine engine(nullptr, limits);
  {
    query::QueryContext context(limits, nullptr, nullptr);
    tests::Check(engine.Instant(querier, expression, 60'000, &context), expression);
  }
  query::QueryContext context(limits, nullptr, nullptr);
  tests::Check(engine.Range(querier, expression, {0, 120'000, 7'000}, &context), expression);
  return 0;
}
