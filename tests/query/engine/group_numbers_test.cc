#include "query/engine/group_numbers.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace varve::query {
namespace {

using storage::LabelSet;

// Label by label, from texts.
LabelSet Reference(const Grouping& grouping, const LabelSet& labels) {
  if (!grouping.without) return labels.Only(grouping.labels);
  return labels.Without(grouping.labels).Without(storage::kMetricNameLabel);
}

TEST_SUITE("query/engine/group_numbers") {
  TEST_CASE("groups are numbered in the order of their first series") {
    GroupNumbers numbers({false, {"job", "zone"}});
    CHECK(numbers.Of(LabelSet{{"instance", "1"}, {"job", "a"}}) == 0);
    CHECK(numbers.last_labels() == LabelSet{{"job", "a"}}.view());
    CHECK(numbers.Of(LabelSet{{"instance", "2"}, {"job", "a"}}) == 0);
    CHECK(numbers.Of(LabelSet{{"job", "b"}, {"zone", "z"}}) == 1);
    CHECK(numbers.Of(LabelSet{{"instance", "1"}, {"job", "a"}}) == 0);
    CHECK(numbers.last_labels() == LabelSet{{"job", "a"}}.view());
    CHECK(numbers.Of(LabelSet{{"instance", "1"}}) == 2);
    CHECK(numbers.last_labels().empty());
    CHECK(numbers.count() == 3);
  }

  TEST_CASE("a label with an empty value is as good as none") {
    const LabelSet with_empty = LabelSet::FromPairsWithEmpty({{"a", ""}, {"b", "1"}});
    GroupNumbers numbers({false, {"a", "b"}});
    CHECK(numbers.Of(with_empty) == numbers.Of(LabelSet{{"b", "1"}}));
  }

  TEST_CASE("labels of random series are those that the grouping keeps") {
    const uint64_t seed = std::random_device()();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    const std::vector<std::string> names = {"A", "__name__", "__type__", "a", "b", "job"};
    for (int round = 0; round < 200; ++round) {
      Grouping grouping;
      grouping.without = random() % 2 == 0;
      for (const std::string& name : names) {
        if (random() % 3 == 0) grouping.labels.push_back(name);
      }
      GroupNumbers numbers(grouping);
      std::map<LabelSet, uint32_t> seen;
      for (int i = 0; i < 50; ++i) {
        std::vector<std::pair<std::string, std::string>> pairs;
        for (const std::string& name : names) {
          // A long value has a longer head in the packed form.
          if (random() % 3 > 0) pairs.emplace_back(name, std::string(1 + random() % 2 * 300, 'x'));
        }
        const LabelSet labels = LabelSet::FromPairs({pairs.begin(), pairs.end()});
        const LabelSet wanted = Reference(grouping, labels);
        const auto [position, inserted] =
            seen.try_emplace(wanted, static_cast<uint32_t>(seen.size()));
        REQUIRE(numbers.Of(labels) == position->second);
        REQUIRE(numbers.last_labels() == wanted.view());
      }
      CHECK(numbers.count() == seen.size());
    }
  }
}

}  // namespace
}  // namespace varve::query
