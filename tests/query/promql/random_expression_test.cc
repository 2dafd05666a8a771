// Random expressions over random samples: whatever they are, an answer of one time is the answer of
// a range at that time, and what is printed is the same expression again.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "query/promql/parser.h"
#include "query/promql/printer.h"
#include "query/promql/promql_engine.h"
#include "tests/support/memory_querier.h"
#include "tests/support/promql_expression.h"

namespace varve::tests {
namespace {

constexpr uint32_t kSeed = 20'261;
constexpr int kExpressions = 1500;
constexpr int kDepth = 3;
constexpr query::StepGrid kGrid{20'000, 110'000, 9'000};

std::string RandomExpression(std::mt19937* random) {
  std::vector<uint8_t> bytes(200);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((*random)());
  ByteChoices choices(bytes);
  return ExpressionFromBytes(&choices, kDepth);
}

void Fill(std::mt19937* random, MemoryQuerier* querier) {
  for (const char* name : {"m", "m_total", "m_bucket"}) {
    for (const char* a : {"1", "2"}) {
      for (const char* le : {"1", "+Inf"}) {
        std::vector<storage::Sample> samples;
        int64_t time_ms = 0;
        for (int i = 0; i < 25; ++i) {
          time_ms += 1000 + static_cast<int64_t>((*random)() % 7000);
          samples.push_back({time_ms, (*random)() % 40 == 0
                                          ? storage::StaleMarker()
                                          : static_cast<double>((*random)() % 50)});
        }
        querier->Add(storage::LabelSet{{"__name__", name}, {"a", a}, {"le", le}, {"b", "2"}},
                     samples);
      }
    }
  }
}

// {labels: value} at one step of a range.
std::map<std::string, double> At(const query::MatrixResult& matrix, int64_t time_ms) {
  std::map<std::string, double> values;
  for (const auto& series : matrix.series) {
    for (const storage::Sample& sample : series.samples) {
      if (sample.timestamp_ms == time_ms) values[series.labels.ToString()] = sample.value;
    }
  }
  return values;
}

bool Same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// The text says where in the query it lies, or picks series by what other steps have.
bool DependsOnQuery(const std::string& text) {
  for (const char* word : {"start()", "end()", "range()", "step()", "info(", "sort"}) {
    if (text.find(word) != text.npos) return true;
  }
  return false;
}

TEST_SUITE("query/promql/random_expression") {
  TEST_CASE("each step of a range answers as its time alone does") {
    CAPTURE(kSeed);
    std::mt19937 random(kSeed);
    MemoryQuerier querier;
    Fill(&random, &querier);
    const query::QueryLimits limits;
    const query::PromqlEngine engine(nullptr, limits);
    int compared = 0;
    for (int i = 0; i < kExpressions; ++i) {
      const std::string text = RandomExpression(&random);
      CAPTURE(text);
      query::QueryContext range_context(limits, nullptr, nullptr);
      const auto range = engine.Range(querier, text, kGrid, &range_context);
      if (!range.ok()) {
        CHECK_MESSAGE(
            (absl::IsFailedPrecondition(range.status()) || absl::IsInvalidArgument(range.status())),
            range.status().ToString());
        continue;
      }
      if (DependsOnQuery(text)) continue;
      const int64_t time_ms = kGrid.time_ms(random() % kGrid.count());
      query::QueryContext context(limits, nullptr, nullptr);
      const auto instant = engine.Instant(querier, text, time_ms, &context);
      REQUIRE_MESSAGE(instant.ok(), instant.status().ToString());
      const auto* const vector = std::get_if<query::VectorResult>(&instant->value);
      if (vector == nullptr) continue;
      std::map<std::string, double> want = At(std::get<query::MatrixResult>(range->value), time_ms);
      CHECK(vector->items.size() == want.size());
      for (const auto& item : vector->items) {
        const auto found = want.find(item.labels.ToString());
        REQUIRE(found != want.end());
        CHECK_MESSAGE(Same(item.sample.value, found->second), item.labels.ToString());
        ++compared;
      }
    }
    CHECK(compared > kExpressions / 4);
  }

  TEST_CASE("an expression that is printed, on one line or over several, is the same again") {
    CAPTURE(kSeed);
    std::mt19937 random(kSeed);
    int parsed_count = 0;
    for (int i = 0; i < kExpressions; ++i) {
      const std::string text = RandomExpression(&random);
      CAPTURE(text);
      const auto parsed = query::ParseExpression(text);
      if (!parsed.ok()) continue;  // its matching contradicts itself
      ++parsed_count;
      const std::string printed = query::PrintExpression(**parsed);
      for (const std::string& layout : {printed, query::PrettyExpression(**parsed)}) {
        const auto again = query::ParseExpression(layout);
        REQUIRE_MESSAGE(again.ok(), layout << ": " << again.status().ToString());
        CHECK(query::PrintExpression(**again) == printed);
      }
    }
    CHECK(parsed_count > kExpressions / 2);
  }
}

}  // namespace
}  // namespace varve::tests
