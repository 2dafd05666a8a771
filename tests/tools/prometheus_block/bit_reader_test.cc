#include "tools/prometheus_block/bit_reader.h"

#include <doctest/doctest.h>

namespace varve::tools {
namespace {

TEST_SUITE("tools/prometheus_block/bit_reader") {
  TEST_CASE("bits come highest first, over the borders of bytes") {
    BlockBitReader reader("\xa5\x0f\xff");
    CHECK(reader.ReadBits(3) == 0b101);
    CHECK(reader.ReadBits(7) == 0b0010100);
    CHECK(reader.bits_left() == 14);
    CHECK(reader.ReadBits(0) == 0);
    CHECK(reader.ReadBits(14) == 0b00111111111111);
    CHECK(reader.ok());
    CHECK(reader.ReadBits(1) == 0);
    CHECK_FALSE(reader.ok());
  }

  TEST_CASE("signed numbers have one more above zero than below") {
    CHECK(BlockBitReader("\x80").ReadSigned(3) == 4);
    CHECK(BlockBitReader("\xa0").ReadSigned(3) == -3);
    CHECK(BlockBitReader("\x60").ReadSigned(3) == 3);
    CHECK(BlockBitReader("\xff").ReadSigned(0) == 0);
    CHECK(BlockBitReader("\xff\xff\xff\xff\xff\xff\xff\xff").ReadSigned(64) == -1);
  }

  TEST_CASE("the prefix of a number says how wide it is") {
    BlockBitReader reader("\x55");  // 0, then 10 and three bits
    CHECK(reader.ReadVarbitInt() == 0);
    CHECK(reader.ReadVarbitUint() == 0b101);
    CHECK(BlockBitReader("\xff\x01\x02\x03\x04\x05\x06\x07\x08").ReadVarbitUint() ==
          0x0102030405060708);
  }
}

}  // namespace
}  // namespace varve::tools
