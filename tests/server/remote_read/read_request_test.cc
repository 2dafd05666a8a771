#include "server/remote_read/read_request.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/ingest/wire_writer.h"

namespace varve::server {
namespace {

using namespace ingest::wire;  // NOLINT: the words of the messages

std::string MatcherField(int64_t type, const std::string& name, const std::string& value) {
  return Field(3, Number(1, type) + Field(2, name) + Field(3, value));
}
absl::StatusOr<ReadRequest> Decode(const std::string& message) {
  return DecodeReadRequest("snappy", Snappy(message));
}

}  // namespace

TEST_SUITE("server/remote_read/read_request") {
  TEST_CASE("queries with their matchers and times") {
    const auto request = Decode(
        Field(1, Number(1, 1000) + Number(2, 2000) + MatcherField(0, "__name__", "up") +
                     MatcherField(1, "a", "x") + MatcherField(2, "b", "y.*") +
                     MatcherField(3, "c", "z|w") + Field(4, Number(1, 15000) + Field(2, "rate"))) +
        Field(1, Number(1, -5)));
    REQUIRE(request.ok());
    CHECK(request->answer == ReadAnswer::kSamples);
    REQUIRE(request->queries.size() == 2);
    CHECK(request->queries[0].range_ms == storage::TimeRange{1000, 2001});
    std::string matchers;
    for (const auto& matcher : request->queries[0].matchers) matchers += matcher.ToString() + " ";
    CHECK(matchers == "__name__=\"up\" a!=\"x\" b=~\"y.*\" c!~\"z|w\" ");
    CHECK(request->queries[1].range_ms == storage::TimeRange{-5, 1});
  }

  TEST_CASE("the first answer the client accepts that we have") {
    const auto answer = [](const std::string& accepted) { return Decode(accepted)->answer; };
    CHECK(answer("") == ReadAnswer::kSamples);
    CHECK(answer(Number(2, 1) + Number(2, 0)) == ReadAnswer::kStreamedChunks);
    CHECK(answer(Field(2, std::string("\x07\x00\x01", 3))) == ReadAnswer::kSamples);
    CHECK_FALSE(Decode(Number(2, 7)).ok());
  }

  TEST_CASE("what is no request is refused") {
    CHECK_FALSE(Decode(Field(1, MatcherField(2, "a", "("))).ok());
    CHECK_FALSE(Decode(Field(1, MatcherField(4, "a", "b"))).ok());
    CHECK_FALSE(Decode(Field(1, "\x08\xff")).ok());
    CHECK_FALSE(DecodeReadRequest("snappy", Varint(uint64_t{4} << 30) + "x").ok());
    CHECK(DecodeReadRequest("br", "").status().code() == absl::StatusCode::kUnimplemented);
    std::string many;
    for (size_t i = 0; i <= kReadQueriesMax; ++i) many += Field(1, "");
    CHECK_FALSE(Decode(many).ok());
    many.clear();
    for (size_t i = 0; i <= kReadMatchersMax; ++i) many += MatcherField(0, "a", "b");
    CHECK_FALSE(Decode(Field(1, many)).ok());
  }
}

}  // namespace varve::server
