#include "tools/tail_frame.h"

#include <doctest/doctest.h>

namespace varve::tools {
namespace {

TEST_SUITE("tools/tail_frame") {
  TEST_CASE("streams, lines and what was dropped") {
    const auto frame = ParseTailFrame(
        R"({"streams":[{"stream":{"a":"b"},"values":[["5","x"],["6","y",{"structuredMetadata":{}}]]}],)"
        R"("dropped_entries":[{"labels":{"a":"b"},"timestamp":"4"},{"labels":{},"timestamp":"3"}]})");
    REQUIRE(frame.ok());
    REQUIRE(frame->streams.size() == 1);
    CHECK(frame->streams[0].labels == AnswerLabels{{"a", "b"}});
    REQUIRE(frame->streams[0].lines.size() == 2);
    CHECK(frame->streams[0].lines[1].time_ns == 6);
    CHECK(frame->streams[0].lines[1].line == "y");
    CHECK(frame->dropped == 2);
  }

  TEST_CASE("what is no frame is an error") {
    CHECK(ParseTailFrame("{}").ok());
    CHECK(ParseTailFrame(R"({"streams":[],"dropped_entries":null})").ok());
    for (const char* text :
         {"", "[]", R"({"streams":[{}]})", R"({"streams":[{"stream":{"a":1},"values":[]}]})",
          R"({"streams":[{"stream":{},"values":[["x","y"]]}]})",
          R"({"streams":[{"stream":{},"values":[["1"]]}]})"}) {
      CHECK_FALSE(ParseTailFrame(text).ok());
    }
  }
}

}  // namespace
}  // namespace varve::tools
