#include "storage/encoding/lz4_codec.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace varve::storage {
namespace {

std::string Lines(size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) {
    text += "level=info msg=\"request served\" id=" + std::to_string(i * 7919) + "\n";
  }
  text.resize(bytes);
  return text;
}

TEST_SUITE("storage/encoding/lz4_codec") {
  TEST_CASE("blocks of both levels come back behind what the string held") {
    for (const size_t bytes : {0, 1, 11, 12, 13, 100, 65'536, 1'000'000}) {
      const std::string raw = Lines(bytes);
      std::string fast = "head", high = "head", decompressed = "old";
      const size_t fast_bytes = Lz4Compress(raw, &fast);
      const size_t high_bytes = Lz4CompressHigh(raw, &high);
      CHECK(fast.size() == 4 + fast_bytes);
      CHECK(high.size() == 4 + high_bytes);
      CHECK(high.size() <= fast.size());
      REQUIRE(Lz4Decompress(std::string_view(fast).substr(4), bytes, &decompressed).ok());
      CHECK(decompressed == raw);
      std::string buffer(bytes + 1, '#');
      REQUIRE(Lz4Decompress(std::string_view(high).substr(4), bytes, buffer.data()).ok());
      CHECK(buffer == raw + "#");
    }
  }

  TEST_CASE("an empty view without data compresses like an empty string") {
    std::string block, raw;
    Lz4Compress(std::string_view(), &block);
    CHECK(Lz4Decompress(block, 0, &raw).ok());
    CHECK(raw.empty());
  }

  TEST_CASE("a wrong size, a cut and a flipped byte are DATA_LOSS, never a crash") {
    const std::string raw = Lines(5000);
    std::string block, out;
    Lz4Compress(raw, &block);
    CHECK(absl::IsDataLoss(Lz4Decompress(block, raw.size() + 1, &out)));
    CHECK(out.empty());
    CHECK(absl::IsDataLoss(Lz4Decompress(block, raw.size() - 1, &out)));
    CHECK(absl::IsDataLoss(Lz4Decompress(block, size_t{1} << 60, &out)));
    CHECK(absl::IsDataLoss(Lz4Decompress("", 10, &out)));
    for (size_t cut = 0; cut < block.size(); cut += 7) {
      CHECK_FALSE(Lz4Decompress(std::string_view(block).substr(0, cut), raw.size(), &out).ok());
    }
    std::mt19937_64 random(3);
    for (int i = 0; i < 2000; ++i) {
      std::string damaged = block;
      damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
      const absl::Status status = Lz4Decompress(damaged, raw.size(), &out);
      CHECK((status.ok() ? out.size() == raw.size() : absl::IsDataLoss(status)));
    }
  }
}

}  // namespace
}  // namespace varve::storage
