#include "ingest/compression.h"

#include <doctest/doctest.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

namespace varve::ingest {
namespace {

std::string Deflate(const std::string& plain, int window_bits) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(plain.size() + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
std::string Gzip(const std::string& plain) { return Deflate(plain, 15 + 16); }
std::string Zstd(const std::string& plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

std::string Plain(std::string_view encoding, const std::string& body, size_t bytes_max = 1 << 20) {
  std::string buffer;
  std::string_view view;
  const absl::Status status = Decompress(encoding, body, bytes_max, &buffer, &view);
  return status.ok() ? std::string(view) : "error";
}

}  // namespace

TEST_SUITE("ingest/compression") {
  TEST_CASE("every encoding gives back what was compressed") {
    std::string plain;
    for (int i = 0; i < 20'000; ++i) plain += std::to_string(i * 7919 % 1000) + ",";
    std::string snappy_body;
    snappy::Compress(plain.data(), plain.size(), &snappy_body);
    CHECK(Plain("snappy", snappy_body) == plain);
    CHECK(Plain("gzip", Gzip(plain)) == plain);
    CHECK(Plain("gzip", Gzip(plain) + Gzip("more")) == plain + "more");
    CHECK(Plain("deflate", Deflate(plain, 15)) == plain);
    CHECK(Plain("deflate", Deflate(plain, -15)) == plain);
    CHECK(Plain("zstd", Zstd(plain)) == plain);
    CHECK(Plain("", plain) == plain);
    CHECK(Plain("gzip", Gzip("")).empty());
    CHECK(Plain("zstd", Zstd("")).empty());
  }

  TEST_CASE("a body that would grow beyond the limit is refused, one of just that size is not") {
    const std::string zeros(100'000, '\0');
    CHECK(Plain("gzip", Gzip(zeros), 100'000) == zeros);
    CHECK(Plain("gzip", Gzip(zeros), 99'999) == "error");
    CHECK(Plain("zstd", Zstd(zeros), 100'000) == zeros);
    CHECK(Plain("zstd", Zstd(zeros), 99'999) == "error");
    CHECK(Plain("", zeros, 99'999) == "error");
  }

  TEST_CASE("bodies cut at any byte, or with bytes behind their end, are refused") {
    for (const auto& [encoding, body] :
         {std::pair<std::string, std::string>{"gzip", Gzip("hello hello hello")},
          {"deflate", Deflate("hello hello hello", 15)},
          {"zstd", Zstd("hello hello hello")}}) {
      CAPTURE(encoding);
      for (size_t length = 1; length < body.size(); ++length) {
        CHECK(Plain(encoding, body.substr(0, length)) == "error");
      }
    }
    CHECK(Plain("gzip", Gzip("hello") + "junk") == "error");
    CHECK(Plain("zstd", Zstd("hello") + "junk") == "error");
  }

  TEST_CASE("an unknown encoding is unimplemented") {
    std::string buffer;
    std::string_view view;
    CHECK(Decompress("br", "x", 10, &buffer, &view).code() == absl::StatusCode::kUnimplemented);
  }
}

}  // namespace varve::ingest
