#include "storage/replay_refs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "storage/metrics/metric_head.h"

namespace varve::storage {
namespace {

LabelSet Up(const std::string& job) { return LabelSet{{"__name__", "up"}, {"job", job}}; }

}  // namespace

TEST_SUITE("storage/replay_refs") {
  TEST_CASE("a segment knows what it defined itself, no other one's references") {
    MetricHead head(1);
    ReplayRefs<MetricHead, MemorySeries> refs;
    std::vector<const MemorySeries*> created;
    const LabelSet a = Up("a");
    const LabelSet b = Up("b");
    CHECK(refs.Find(1) == nullptr);
    refs.Define(std::vector<RefDefinition>{{1, a}, {2, b}}, &head, &created);
    MemorySeries* const series_a = refs.Find(1);
    REQUIRE(series_a != nullptr);
    CHECK(series_a->labels() == LabelSetView(a));
    CHECK(refs.Find(2)->labels() == LabelSetView(b));
    CHECK(refs.Find(0) == nullptr);
    CHECK(refs.Find(3) == nullptr);
    CHECK(created.size() == 2);

    refs.BeginSegment();
    CHECK(refs.Find(1) == nullptr);
    CHECK(refs.Find(2) == nullptr);
    refs.Define(std::vector<RefDefinition>{{1, a}}, &head, &created);
    CHECK(refs.Find(1) == series_a);
    CHECK(refs.Find(2) == nullptr);
    CHECK(created.size() == 2);
  }

  TEST_CASE("two lives of a database use one reference for two series, and two for one") {
    MetricHead head(1);
    ReplayRefs<MetricHead, MemorySeries> refs;
    std::vector<const MemorySeries*> created;
    const LabelSet a = Up("a");
    const LabelSet b = Up("b");
    refs.Define(std::vector<RefDefinition>{{1, a}}, &head, &created);
    MemorySeries* const series_a = refs.Find(1);
    refs.BeginSegment();
    refs.Define(std::vector<RefDefinition>{{1, b}, {2, a}}, &head, &created);
    CHECK(refs.Find(1)->labels() == LabelSetView(b));
    CHECK(refs.Find(2) == series_a);
    CHECK(created.size() == 2);
    CHECK(head.series_count() == 2);
  }

  TEST_CASE("references may lie anywhere") {
    MetricHead head(1);
    ReplayRefs<MetricHead, MemorySeries> refs;
    std::vector<const MemorySeries*> created;
    const std::vector<uint64_t> numbers = {0, 63, 64, 65, 1'000'000, UINT64_MAX - 63, UINT64_MAX};
    std::vector<LabelSet> labels;
    for (const uint64_t number : numbers) labels.push_back(Up(std::to_string(number)));
    std::vector<RefDefinition> definitions;
    for (size_t i = 0; i < numbers.size(); ++i) definitions.push_back({numbers[i], labels[i]});
    refs.Define(definitions, &head, &created);
    for (size_t i = 0; i < numbers.size(); ++i) {
      REQUIRE(refs.Find(numbers[i]) != nullptr);
      CHECK(refs.Find(numbers[i])->labels() == LabelSetView(labels[i]));
    }
    for (const uint64_t other : {uint64_t{1}, uint64_t{128}, uint64_t{999'999}, UINT64_MAX - 1}) {
      CHECK(refs.Find(other) == nullptr);
    }
  }
}

}  // namespace varve::storage
