#include "storage/index/symbol_table.h"

#include <algorithm>
#include <random>
#include <set>

#include <doctest/doctest.h>

namespace varve::storage {
namespace {

std::string Encode(const std::set<std::string>& strings) {
  SymbolTableWriter writer;
  for (const std::string& text : strings) writer.Add(text);
  std::string bytes;
  writer.Finish(&bytes);
  return bytes;
}

std::set<std::string> RandomStrings(std::mt19937_64* random, size_t count) {
  std::set<std::string> strings;
  while (strings.size() < count) {
    std::string text = (*random)() % 2 == 0 ? "node_cpu_seconds_" : "";
    const size_t length = (*random)() % 6;
    for (size_t i = 0; i < length; ++i) text.push_back(static_cast<char>((*random)() % 5 * 50));
    if ((*random)() % 40 == 0) text.append(300, 'x');
    strings.insert(text);
  }
  return strings;
}

TEST_SUITE("storage/index/symbol_table") {
  TEST_CASE("every string is found at its rank and no other string is") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (const size_t count : {0u, 1u, 2u, 15u, 16u, 17u, 32u, 33u, 500u}) {
      const std::set<std::string> strings = RandomStrings(&random, count);
      const std::string bytes = Encode(strings);
      const SymbolTable table = SymbolTable::Open(bytes).value();
      REQUIRE(table.size() == count);
      const std::vector<std::string> sorted(strings.begin(), strings.end());
      SymbolCursor cursor(table);
      for (uint32_t rank = 0; rank < count; ++rank) {
        CHECK(table.Get(rank).value() == sorted[rank]);
        REQUIRE(cursor.Seek(rank).ok());
        CHECK(cursor.text() == sorted[rank]);
        CHECK(table.Find(sorted[rank]).value() == rank);
      }
      for (int i = 0; i < 200; ++i) {
        const std::string probe = *RandomStrings(&random, 1).begin();
        const auto bound = std::lower_bound(sorted.begin(), sorted.end(), probe);
        CHECK(table.LowerBound(probe).value() == static_cast<uint32_t>(bound - sorted.begin()));
        CHECK(table.Find(probe).value().has_value() == (strings.count(probe) > 0));
        if (count == 0) continue;
        const uint32_t rank = static_cast<uint32_t>(random() % count);
        REQUIRE(cursor.Seek(rank).ok());
        CHECK(cursor.text() == sorted[rank]);
      }
    }
  }

  TEST_CASE("a rank beyond the table is an error") {
    const std::string bytes = Encode({"a", "b"});
    const SymbolTable table = SymbolTable::Open(bytes).value();
    CHECK(absl::IsDataLoss(table.Get(2).status()));
    CHECK(absl::IsDataLoss(SymbolTable().Get(0).status()));
  }

  TEST_CASE("a table cut anywhere is an error where it is read, and never a crash") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    const std::string bytes = Encode(RandomStrings(&random, 60));
    for (size_t length = 0; length < bytes.size(); ++length) {
      const auto table = SymbolTable::Open(std::string_view(bytes).substr(0, length));
      if (!table.ok()) continue;
      CHECK_FALSE(table->Get(table->size() - 1).ok());
    }
  }
}
}  // namespace
}  // namespace varve::storage
