#include "storage/encoding/byte_reader.h"

#include <doctest/doctest.h>

#include <string>

#include "storage/encoding/bit_stream.h"
#include "storage/encoding/byte_writer.h"

namespace varve::storage {
namespace {

TEST_SUITE("storage/encoding/byte_reader") {
  TEST_CASE("every field comes back, and none is read past the end") {
    std::string bytes;
    ByteWriter writer(&bytes);
    writer.U8(7);
    writer.U16(0xabcd);
    writer.U32(0xdeadbeef);
    writer.U64(0x0123456789abcdef);
    writer.F64(-0.0);
    writer.Varint(300);
    writer.ZigZag(INT64_MIN);
    writer.SizedBytes("strata");
    writer.Bytes("end");
    CHECK(writer.size() == bytes.size());

    const auto read_all = [](std::string_view from) {
      ByteReader reader(from);
      uint8_t u8 = 0;
      uint16_t u16 = 0;
      uint32_t u32 = 0;
      uint64_t u64 = 0, varint = 0;
      int64_t zigzag = 0;
      double f64 = 1;
      std::string_view sized, rest;
      const bool read = reader.U8(&u8) && reader.U16(&u16) && reader.U32(&u32) &&
                        reader.U64(&u64) && reader.F64(&f64) && reader.Varint(&varint) &&
                        reader.ZigZag(&zigzag) && reader.SizedBytes(&sized) &&
                        reader.Bytes(3, &rest);
      CHECK(read == reader.ok());
      return read && u8 == 7 && u16 == 0xabcd && u32 == 0xdeadbeef && u64 == 0x0123456789abcdef &&
             std::bit_cast<uint64_t>(f64) == uint64_t{1} << 63 && varint == 300 &&
             zigzag == INT64_MIN && sized == "strata" && rest == "end" && reader.AtEnd();
    };
    CHECK(read_all(bytes));
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      CHECK_FALSE(read_all(std::string_view(bytes).substr(0, cut)));
    }
  }

  TEST_CASE("a failure is sticky and leaves the value alone") {
    ByteReader reader(std::string_view("\x01\x02", 2));
    uint32_t u32 = 99;
    uint8_t u8 = 42;
    CHECK_FALSE(reader.U32(&u32));
    CHECK(u32 == 99);
    CHECK_FALSE(reader.U8(&u8));
    CHECK(u8 == 42);
    CHECK_FALSE(reader.ok());
    CHECK_FALSE(reader.AtEnd());
    CHECK(reader.remaining() == 0);
  }

  TEST_CASE("a bounded varint refuses more than its bound") {
    ByteReader small(std::string_view("\x05", 1));
    uint64_t value = 0;
    CHECK(small.VarintUpTo(5, &value));
    CHECK(value == 5);
    ByteReader large(std::string_view("\x06", 1));
    CHECK_FALSE(large.VarintUpTo(5, &value));
    CHECK_FALSE(large.ok());
  }
}

TEST_SUITE("storage/encoding/varint") {
  TEST_CASE("varints take one byte for every seven bits and come back") {
    for (unsigned bit = 0; bit < 64; ++bit) {
      const uint64_t power = uint64_t{1} << bit;
      for (const uint64_t value : {power, power - 1, ~uint64_t{0} >> bit}) {
        std::string bytes;
        AppendVarint(value, &bytes);
        CHECK(bytes.size() == VarintBytes(value));
        uint64_t read = ~value;
        CHECK(ReadVarint(bytes.data(), bytes.data() + bytes.size(), &read) == bytes.size());
        CHECK(read == value);
        CHECK(ReadVarint(bytes.data(), bytes.data() + bytes.size() - 1, &read) == 0);
        const auto number = static_cast<int64_t>(value);
        CHECK(UnZigZag(ZigZag(number)) == number);
        CHECK(UnZigZag(ZigZag(~number)) == ~number);
      }
    }
  }

  TEST_CASE("a varint of more than 64 bits is refused") {
    uint64_t value = 0;
    const auto read = [&](const std::string& bytes) {
      return ReadVarint(bytes.data(), bytes.data() + bytes.size(), &value);
    };
    CHECK(read(std::string(9, '\xff') + '\x01') == 10);
    CHECK(value == ~uint64_t{0});
    CHECK(read(std::string(9, '\xff') + '\x02') == 0);
    CHECK(read(std::string(10, '\xff') + '\x01') == 0);
    CHECK(read("") == 0);
  }
}

TEST_SUITE("storage/encoding/bit_stream") {
  TEST_CASE("fields of every width come back at every bit offset") {
    for (unsigned offset = 0; offset < 64; ++offset) {
      for (unsigned width = 0; width <= 64; ++width) {
        const uint64_t value = 0x9e3779b97f4a7c15 & LowBits(width);
        std::string bytes;
        BitWriter writer(&bytes);
        writer.Write(LowBits(offset), offset);
        writer.Write(value, width);
        writer.Write(5, 3);
        writer.Finish();
        REQUIRE(bytes.size() == (offset + width + 3 + 7) / 8);
        BitReader reader(bytes);
        CHECK(reader.Read(offset) == LowBits(offset));
        CHECK(reader.Read(width) == value);
        CHECK(reader.Read(3) == 5);
        CHECK(reader.ok());
        CHECK(reader.bytes_used() == bytes.size());
        CHECK(reader.Read(64) == 0);
        CHECK_FALSE(reader.ok());
      }
    }
  }
}

}  // namespace
}  // namespace varve::storage
