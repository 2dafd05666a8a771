#include "storage/index/id_bitmap.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include <doctest/doctest.h>

namespace varve::storage {
namespace {

constexpr uint32_t kIdEnd = 700;

IdList RandomIds(std::mt19937_64* random) {
  std::set<uint32_t> ids;
  for (size_t runs = (*random)() % 12; runs > 0; --runs) {
    const uint32_t begin = static_cast<uint32_t>((*random)() % kIdEnd);
    const uint32_t step = 1 + static_cast<uint32_t>((*random)() % 3);
    const uint64_t count = (*random)() % 200;
    for (uint32_t id = begin; id < kIdEnd && ids.size() < count; id += step) ids.insert(id);
  }
  return IdList(ids.begin(), ids.end());
}

TEST_SUITE("storage/index/id_bitmap") {
  TEST_CASE("sets of ids within bounds are those of std::set") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 300; ++round) {
      const IdBounds bounds{static_cast<uint32_t>(random() % kIdEnd),
                            static_cast<uint32_t>(random() % (kIdEnd + 1))};
      IdBitmap bitmap(bounds);
      std::set<uint32_t> expected;
      for (int list = 0; list < 3; ++list) {
        const IdList ids = RandomIds(&random);
        std::string bytes;
        EncodePostings(ids, &bytes);
        REQUIRE(bitmap.Add(ReadPostings(bytes).value(), kIdEnd).ok());
        for (const uint32_t id : ids) {
          if (bounds.Has(id)) expected.insert(id);
        }
      }
      const auto is_expected = [&](uint32_t id) { return expected.count(id) > 0; };
      CHECK(bitmap.List() == IdList(expected.begin(), expected.end()));
      CHECK(bitmap.Count() == expected.size());
      for (uint32_t id = 0; id < kIdEnd; ++id) CHECK(bitmap.Has(id) == is_expected(id));
      for (int i = 0; i < 20; ++i) {
        const IdBounds some{static_cast<uint32_t>(random() % kIdEnd),
                            static_cast<uint32_t>(random() % (kIdEnd + 1))};
        const IdList all = AllIds(some);
        CHECK(bitmap.HasAny(some) == std::any_of(all.begin(), all.end(), is_expected));
      }
      const IdBounds others{static_cast<uint32_t>(random() % kIdEnd), kIdEnd};
      IdBitmap other(bounds);
      other.Add(others);
      IdBitmap both = bitmap;
      both.Intersect(other);
      IdBitmap rest = bitmap;
      rest.Subtract(other);
      IdList expected_both;
      IdList expected_rest;
      for (const uint32_t id : expected) {
        (others.Has(id) ? expected_both : expected_rest).push_back(id);
      }
      CHECK(both.List() == expected_both);
      CHECK(rest.List() == expected_rest);
    }
  }
}
}  // namespace
}  // namespace varve::storage
