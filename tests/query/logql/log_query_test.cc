#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <string>
#include <vector>

#include "query/engine/worker_pool.h"
#include "query/logql/logql_engine.h"
#include "tests/support/memory_log_querier.h"

namespace varve::query {
namespace {

using storage::Direction;
using storage::LabelSet;
using test::MemoryLogQuerier;

StreamsResult Lines(const MemoryLogQuerier& querier, std::string_view text, uint64_t limit,
                    Direction direction, int64_t start_ns = 0, int64_t end_ns = 1'000'000) {
  QueryContext context(QueryLimits(), nullptr, nullptr);
  const auto result =
      LogqlEngine().Range(querier, text, start_ns, end_ns, 1, limit, direction, &context);
  REQUIRE_MESSAGE(result.ok(), std::string(result.status().message()));
  return std::get<StreamsResult>(result->value);
}

TEST_SUITE("query/logql/log_query") {
  TEST_CASE("limit and direction count over all streams, the start is in and the end is not") {
    MemoryLogQuerier querier;
    for (int64_t t = 0; t < 100; ++t) {
      querier.Add(LabelSet{{"app", "x"}, {"pod", t % 3 == 0 ? "a" : "b"}}, t, std::to_string(t));
    }
    const StreamsResult newest = Lines(querier, "{app=\"x\"}", 4, Direction::kBackward, 10, 50);
    REQUIRE(newest.streams.size() == 2);
    CHECK(newest.streams[0].labels.Get("pod") == "a");
    REQUIRE(newest.streams[0].lines.size() == 1);
    CHECK(newest.streams[0].lines[0].line == "48");
    REQUIRE(newest.streams[1].lines.size() == 3);
    CHECK(newest.streams[1].lines[0].line == "49");
    CHECK(newest.streams[1].lines[2].line == "46");
    const StreamsResult oldest = Lines(querier, "{app=\"x\"}", 2, Direction::kForward, 10, 50);
    REQUIRE(oldest.streams.size() == 1);
    CHECK(oldest.streams[0].lines[0].line == "10");
    CHECK(oldest.streams[0].lines[1].line == "11");
  }

  TEST_CASE("lines of one time keep the order of their arrival") {
    MemoryLogQuerier querier;
    for (int i = 0; i < 20; ++i) querier.Add(LabelSet{{"app", "x"}}, 5, std::to_string(i));
    const StreamsResult result = Lines(querier, "{app=\"x\"}", 100, Direction::kForward);
    REQUIRE(result.streams.size() == 1);
    for (size_t i = 0; i < 20; ++i) CHECK(result.streams[0].lines[i].line == std::to_string(i));
  }

  TEST_CASE("stream labels, metadata and parsed labels are kept apart and merge on demand") {
    MemoryLogQuerier querier;
    querier.Add(LabelSet{{"app", "x"}, {"pod", "p"}}, 1, "pod=q user=u trace=t2 new=1",
                LabelSet{{"trace", "t"}, {"pod", "m"}});
    const StreamsResult result = Lines(querier, "{app=\"x\"} | logfmt", 10, Direction::kForward);
    REQUIRE(result.streams.size() == 1);
    CHECK(result.streams[0].labels == LabelSet{{"app", "x"}, {"pod", "p"}});
    const StreamsResult::Line& line = result.streams[0].lines[0];
    CHECK(line.structured_metadata == LabelSet{{"trace", "t"}});
    CHECK(line.parsed ==
          LabelSet{{"new", "1"}, {"pod_extracted", "q"}, {"trace_extracted", "t2"}, {"user", "u"}});
    const StreamsResult merged = MergeLabels(result);
    CHECK(merged.streams[0].labels.size() == 7);
    CHECK(merged.streams[0].lines[0].parsed.empty());
  }

  TEST_CASE("filters on metadata work without a parser") {
    MemoryLogQuerier querier;
    querier.Add(LabelSet{{"app", "x"}}, 1, "a", LabelSet{{"user", "u1"}});
    querier.Add(LabelSet{{"app", "x"}}, 2, "b", LabelSet{{"user", "u2"}});
    const StreamsResult result =
        Lines(querier, "{app=\"x\"} | user=\"u2\"", 10, Direction::kBackward);
    REQUIRE(result.streams.size() == 1);
    CHECK(result.streams[0].lines.size() == 1);
    CHECK(result.streams[0].lines[0].line == "b");
  }

  TEST_CASE("a parallel query finds what a plain scan finds") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    MemoryLogQuerier querier;
    struct Stored {
      int64_t time;
      std::string text;
    };
    std::vector<Stored> all;
    for (int i = 0; i < 3000; ++i) {
      const int64_t time = static_cast<int64_t>(random() % 5000) * 4000 + i;  // each time once
      const std::string text = (random() % 4 == 0 ? "error " : "fine ") + std::to_string(i);
      querier.Add(LabelSet{{"app", "x"}, {"pod", std::to_string(random() % 40)}}, time, text);
      if (text.starts_with("error")) all.push_back({time, text});
    }
    WorkerPool pool(3);
    for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
      std::sort(all.begin(), all.end(), [&](const Stored& a, const Stored& b) {
        return direction == Direction::kForward ? a.time < b.time : a.time > b.time;
      });
      QueryContext context(QueryLimits(), &pool, nullptr);
      const auto result = LogqlEngine().Range(querier, "{app=\"x\"} |= \"error\"", 0, INT64_MAX, 1,
                                              50, direction, &context);
      REQUIRE(result.ok());
      std::vector<Stored> got;
      for (const auto& stream : std::get<StreamsResult>(result->value).streams) {
        for (const auto& line : stream.lines) got.push_back({line.timestamp_ns, line.line});
      }
      std::sort(got.begin(), got.end(), [&](const Stored& a, const Stored& b) {
        return direction == Direction::kForward ? a.time < b.time : a.time > b.time;
      });
      REQUIRE(got.size() == 50);
      for (size_t i = 0; i < got.size(); ++i) CHECK(got[i].text == all[i].text);
    }
  }

  TEST_CASE("the context of a line comes with it, in both directions and once") {
    MemoryLogQuerier querier;
    for (int64_t t = 0; t < 20; ++t) {
      const bool hit = t == 4 || t == 6 || t == 15;
      querier.Add(LabelSet{{"app", "x"}}, t, (hit ? "error " : "fine ") + std::to_string(t));
    }
    const auto shown = [&](Direction direction, uint64_t limit, uint64_t lines) {
      QueryContext context(QueryLimits(), nullptr, nullptr);
      const auto result =
          LogqlEngine().Range(querier, "{app=\"x\"} |= \"error\" | line_format \"hit\"", 0, 19, 1,
                              limit, direction, &context, lines);
      REQUIRE(result.ok());
      std::string out;
      for (const auto& stream : std::get<StreamsResult>(result->value).streams) {
        for (const auto& line : stream.lines) {
          out += std::to_string(line.timestamp_ns);
          const std::string_view place = line.parsed.Get("__context__");
          out += place.empty()       ? (line.line == "hit" ? "! " : "? ")
                 : place == "before" ? "b "
                                     : "a ";
        }
      }
      return out;
    };
    CHECK(shown(Direction::kForward, 10, 2) == "2b 3b 4! 5a 6! 7a 8a 13b 14b 15! 16a 17a ");
    CHECK(shown(Direction::kBackward, 10, 1) == "16a 15! 14b 7a 6! 5a 4! 3b ");
    CHECK(shown(Direction::kBackward, 1, 1) == "16a 15! 14b ");
    CHECK(shown(Direction::kForward, 1, 100) ==
          "0b 1b 2b 3b 4! 5a 6a 7a 8a 9a 10a 11a 12a 13a 14a 15a 16a 17a 18a ");
    QueryContext context(QueryLimits(), nullptr, nullptr);
    CHECK(absl::IsInvalidArgument(
        LogqlEngine()
            .Range(querier, "{app=\"x\"}", 0, 19, 1, 1, Direction::kForward, &context, 101)
            .status()));
  }

  TEST_CASE("an interval thins the lines of the answer") {
    MemoryLogQuerier querier;
    for (int64_t t = 0; t < 10; ++t) {
      querier.Add(LabelSet{{"app", "x"}, {"pod", t % 2 == 0 ? "a" : "b"}}, t, "l");
    }
    const StreamsResult result =
        ThinLines(Lines(querier, "{app=\"x\"}", 100, Direction::kForward), 3, Direction::kForward);
    std::vector<int64_t> times;
    for (const auto& stream : result.streams) {
      for (const auto& line : stream.lines) times.push_back(line.timestamp_ns);
    }
    std::sort(times.begin(), times.end());
    CHECK(times == std::vector<int64_t>{0, 3, 6, 9});
  }

  TEST_CASE("a log query at one instant is refused, and so is a limit over the maximum") {
    const MemoryLogQuerier querier;
    QueryContext context(QueryLimits(), nullptr, nullptr);
    const auto instant =
        LogqlEngine().Instant(querier, "{a=\"b\"}", 0, 1, Direction::kForward, &context);
    CHECK(instant.status().message() ==
          "log queries are not supported as an instant query type, please change your query to a "
          "range query type");
    const auto range =
        LogqlEngine().Range(querier, "{a=\"b\"}", 0, 10, 1, 6000, Direction::kForward, &context);
    CHECK(absl::IsInvalidArgument(range.status()));
  }

  TEST_CASE("a cancelled query stops") {
    MemoryLogQuerier querier;
    querier.Add(LabelSet{{"a", "b"}}, 1, "x");
    const std::atomic<bool> cancelled{true};
    QueryContext context(QueryLimits(), nullptr, &cancelled);
    CHECK(absl::IsCancelled(
        LogqlEngine()
            .Range(querier, "{a=\"b\"}", 0, 10, 1, 5, Direction::kForward, &context)
            .status()));
    CHECK(absl::IsCancelled(
        LogqlEngine()
            .Range(querier, "rate({a=\"b\"}[1m])", 0, 10, 1, 5, Direction::kForward, &context)
            .status()));
  }
}

}  // namespace
}  // namespace varve::query
