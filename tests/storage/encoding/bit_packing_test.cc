#include "storage/encoding/bit_packing.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "storage/encoding/bit_stream.h"

namespace varve::storage {
namespace {

// Counts around the groups of eight, the copied tail and the usual chunk lengths.
constexpr size_t kCounts[] = {0,  1,  2,  7,   8,   9,   15,  16,  17,
                              63, 64, 65, 119, 120, 121, 255, 256, 300};

template <typename T>
void CheckWidths(unsigned width_max) {
  std::mt19937_64 random(11);
  for (unsigned width = 0; width <= width_max; ++width) {
    for (const size_t count : kCounts) {
      std::vector<T> values(count);
      for (T& value : values) {
        value = static_cast<T>((random() % 3 == 0 ? ~uint64_t{0} : random()) & LowBits(width));
      }
      std::string bytes = "x";
      PackBits(values, width, &bytes);
      REQUIRE(bytes.size() == 1 + PackedBytes(count, width));
      // A heap copy of the exact size lets the address sanitizer see a read behind the end.
      const std::vector<char> exact(bytes.begin() + 1, bytes.end());
      const std::string_view packed(exact.data(), exact.size());
      std::vector<T> unpacked(count, 1), portable(count, 2);
      REQUIRE(UnpackBits(packed, count, width, unpacked.data()));
      UnpackBitsPortable(packed, count, width, portable.data());
      REQUIRE(unpacked == values);
      REQUIRE(portable == values);
      for (size_t i = 0; i < count; ++i) {
        uint64_t one = 0;
        REQUIRE(UnpackOne(packed, i, width, &one));
        REQUIRE(one == values[i]);
      }
      if (!packed.empty()) {
        REQUIRE_FALSE(UnpackBits(packed.substr(1), count, width, unpacked.data()));
      }
    }
  }
}

TEST_SUITE("storage/encoding/bit_packing") {
  TEST_CASE("64-bit values of every width come back, vectorised as portable") {
    CheckWidths<uint64_t>(64);
  }

  TEST_CASE("32-bit values of every width come back, vectorised as portable") {
    CheckWidths<uint32_t>(32);
  }

  TEST_CASE("bytes behind the packed values are ignored") {
    std::mt19937_64 random(5);
    for (unsigned width = 1; width <= 64; ++width) {
      std::vector<uint64_t> values(100), unpacked(100);
      for (uint64_t& value : values) value = random() & LowBits(width);
      std::string bytes;
      PackBits(values, width, &bytes);
      bytes.append(64, '\xff');
      REQUIRE(UnpackBits(bytes, values.size(), width, unpacked.data()));
      CHECK(unpacked == values);
    }
  }

  TEST_CASE("too large a width and too few bytes are refused") {
    uint64_t wide[4];
    uint32_t narrow[4];
    const std::string bytes(64, '\0');
    CHECK_FALSE(UnpackBits(bytes, 4, 65, wide));
    CHECK_FALSE(UnpackBits(bytes, 4, 33, narrow));
    CHECK_FALSE(UnpackBits("", 1, 1, wide));
    CHECK_FALSE(UnpackBits(bytes, SIZE_MAX, 7, wide));
    CHECK_FALSE(UnpackOne(bytes, 512, 1, wide));
    CHECK_FALSE(UnpackOne(bytes, 0, 65, wide));
  }

  TEST_CASE("value i is the bits from i * width on, lowest first") {
    std::string bytes;
    PackBits(std::vector<uint64_t>{1, 2, 3, 4}, 3, &bytes);
    CHECK(bytes == std::string("\xd1\x08", 2));  // 100 011 010 001
  }
}

}  // namespace
}  // namespace varve::storage
