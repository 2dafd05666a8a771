#include "server/metric_metadata.h"

#include <doctest/doctest.h>

namespace varve::server {

TEST_SUITE("server/metric_metadata") {
  TEST_CASE("the newest description comes first, each once, families sorted and limited") {
    MetricMetadataStore store;
    store.Add({{"counter", "b_total", "B.", ""}, {"gauge", "a", "A.", "bytes"}});
    store.Add({{"counter", "b_total", "Better B.", ""}});
    store.Add({{"counter", "b_total", "Better B.", ""}});
    const auto all = store.List("", 0);
    REQUIRE(all.size() == 2);
    CHECK(all[0].first == "a");
    CHECK(all[0].second[0].unit == "bytes");
    REQUIRE(all[1].second.size() == 2);
    CHECK(all[1].second[0].help == "Better B.");
    CHECK(store.List("", 1).size() == 1);
    CHECK(store.List("b_total", 0).size() == 1);
    CHECK(store.List("nope", 0).empty());
    store.Add({{"counter", "b_total", "B.", ""}});
    CHECK(store.List("b_total", 0)[0].second[0].help == "B.");
  }

  TEST_CASE("a family keeps a bounded number of descriptions") {
    MetricMetadataStore store;
    for (int i = 0; i < 50; ++i) store.Add({{"gauge", "a", std::to_string(i), ""}});
    CHECK(store.List("a", 0)[0].second.size() == kMetadataPerFamilyMax);
    CHECK(store.List("a", 0)[0].second[0].help == "49");
  }
}

}  // namespace varve::server
