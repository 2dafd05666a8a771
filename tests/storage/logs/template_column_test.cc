#include "storage/logs/template_column.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace varve::storage {
namespace {

TEST_SUITE("storage/logs/template_column") {
  TEST_CASE("a dictionary with damaged numbers stays refused, however often it is asked for them") {
    std::vector<std::string_view> values;
    for (size_t i = 0; i < 300; ++i) values.push_back(i % 7 == 0 ? "refused" : "accepted");
    const std::vector<int64_t> timestamps_ns(values.size());
    std::string heap;
    std::string good;
    AppendTemplateColumn(SlotType::kString, values, timestamps_ns, &heap, &good);
    TemplateColumn column;
    REQUIRE(column.Open(good, values.size()).ok());
    REQUIRE(column.Decode(heap, {}).ok());
    REQUIRE(column.LoadIds().ok());
    CHECK(column.distinct() == 2);
    for (size_t i = 0; i < values.size(); ++i) CHECK(column.value(i) == values[i]);

    size_t refused = 0;
    for (size_t at = 0; at < good.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string damaged = good;
        damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
        if (!column.Open(damaged, values.size()).ok() || !column.Decode(heap, {}).ok()) continue;
        if (column.LoadIds().ok()) continue;
        ++refused;
        CHECK_FALSE(column.LoadIds().ok());
      }
    }
    CHECK(refused > 0);
  }
}

}  // namespace
}  // namespace varve::storage
