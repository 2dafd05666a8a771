#include "query/logql/log_volume.h"

#include <doctest/doctest.h>

#include "tests/support/memory_log_querier.h"

namespace varve::query {
namespace {

using storage::LabelSet;
using storage::Matcher;
using Labels = std::vector<std::pair<std::string, std::string>>;

void AddStreams(test::MemoryLogQuerier* querier) {
  for (int64_t t = 0; t < 10; ++t) {
    querier->Add(LabelSet{{"app", "shop"}, {"pod", "a"}}, t, "12345");
    querier->Add(LabelSet{{"app", "shop"}, {"pod", "b"}}, t, "123");
  }
  querier->Add(LabelSet{{"app", "mail"}, {"zone", "eu"}}, 3, "1234567");
}

std::vector<LogVolumeGroup> Sum(const std::vector<Matcher>& matchers, LogVolumeQuery query) {
  test::MemoryLogQuerier querier;
  AddStreams(&querier);
  QueryContext context(QueryLimits(), nullptr, nullptr);
  const auto groups = SumLogVolumes(querier, matchers, query, &context);
  REQUIRE(groups.ok());
  CHECK_FALSE(querier.lines_were_read());
  return *groups;
}

TEST_SUITE("query/logql/log_volume") {
  TEST_CASE("groups are made of the labels that the matchers name") {
    const auto groups = Sum({Matcher::NotEqual("app", "none"), Matcher::NotEqual("zone", "us")},
                            {.range_ns = {0, 100}});
    REQUIRE(groups.size() == 2);
    CHECK(groups[0].labels == Labels{{"app", "shop"}});
    CHECK(groups[0].total_bytes == 80);
    CHECK(groups[1].labels == Labels{{"app", "mail"}, {"zone", "eu"}});
    CHECK(groups[1].bytes == std::vector<uint64_t>{7});
  }

  TEST_CASE(
      "without matchers all labels count; target labels choose, the limit keeps the largest") {
    CHECK(Sum({}, {.range_ns = {0, 100}}).size() == 3);
    const auto by_app = Sum({}, {.range_ns = {0, 100}, .target_labels = {"app"}, .limit = 1});
    REQUIRE(by_app.size() == 1);
    CHECK(by_app[0].labels == Labels{{"app", "shop"}});
  }

  TEST_CASE("by label names every stream counts for each of its names") {
    const auto groups = Sum({}, {.range_ns = {0, 100}, .by_label_name = true});
    REQUIRE(groups.size() == 3);
    CHECK(groups[0].labels == Labels{{"app", ""}});
    CHECK(groups[0].total_bytes == 87);
    CHECK(groups[1].labels == Labels{{"pod", ""}});
    CHECK(groups[1].total_bytes == 80);
    CHECK(groups[2].labels == Labels{{"zone", ""}});
  }

  TEST_CASE("steps begin at multiples, the first and the last may be cut; the end is out") {
    const LogVolumeQuery query{.range_ns = {1, 8}, .step_ns = 3, .target_labels = {"pod"}};
    const auto groups = Sum({Matcher::Equal("pod", "a")}, query);
    REQUIRE(groups.size() == 1);
    CHECK(groups[0].bytes == std::vector<uint64_t>{10, 15, 10});
    CHECK(groups[0].total_bytes == 35);
    CHECK(LogVolumeStepNs(query, 0) == 1);
    CHECK(LogVolumeStepNs(query, 1) == 3);
    CHECK(LogVolumeStepNs(query, 2) == 6);
    const auto whole = Sum({Matcher::Equal("pod", "a")},
                           {.range_ns = {3, 6}, .step_ns = 3, .target_labels = {"pod"}});
    CHECK(whole[0].bytes == std::vector<uint64_t>{15});
  }

  TEST_CASE("an empty range has no groups") {
    CHECK(Sum({}, {.range_ns = {5, 5}}).empty());
    CHECK(Sum({}, {.range_ns = {50, 60}}).empty());
  }
}

}  // namespace
}  // namespace varve::query
