#include "storage/part/compaction_planner.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "storage/model/time_range.h"

namespace varve::storage {
namespace {

constexpr int64_t kDay = 20'000;  // some UTC day
constexpr int64_t kDayMs = kDay * kMillisecondsPerDay;

PartSummary Metrics(std::string name, int64_t from_hour, uint32_t level, uint64_t bytes = 100) {
  PartSummary part;
  part.name = std::move(name);
  part.metadata.level = level;
  part.metadata.min_time = kDayMs + from_hour * kMillisecondsPerHour;
  part.metadata.max_time = part.metadata.min_time + kMillisecondsPerHour - 1;
  part.metadata.partition_day =
      static_cast<int32_t>(FloorDivide(part.metadata.min_time, kMillisecondsPerDay));
  part.file_bytes = bytes;
  return part;
}

int64_t At(int64_t hour) { return kDayMs + hour * kMillisecondsPerHour; }

}  // namespace

TEST_SUITE("storage/part/compaction_planner") {
  TEST_CASE("the parts of a closed window are merged, those of the open one wait") {
    const std::vector<PartSummary> parts = {Metrics("a", 0, 0), Metrics("b", 1, 0),
                                            Metrics("c", 2, 0), Metrics("d", 3, 0)};
    const auto plan = PlanCompaction(parts, At(3));
    REQUIRE(plan.has_value());
    CHECK(plan->inputs == std::vector<std::string>{"a", "b"});
    CHECK(plan->level == kLevelWindow);
    CHECK_FALSE(PlanCompaction({parts[2], parts[3]}, At(3)).has_value());
  }

  TEST_CASE("an open window is merged once it has many parts") {
    std::vector<PartSummary> parts;
    for (char name = 'a'; name < 'h'; ++name) parts.push_back(Metrics(std::string(1, name), 0, 0));
    CHECK_FALSE(PlanCompaction(parts, At(1)).has_value());
    parts.push_back(Metrics("h", 0, 0));
    const auto plan = PlanCompaction(parts, At(1));
    REQUIRE(plan.has_value());
    CHECK(plan->inputs.size() == 8);
    CHECK(plan->level == kLevelFlush);
  }

  TEST_CASE("a closed day becomes one part") {
    const std::vector<PartSummary> parts = {Metrics("a", 0, 1), Metrics("b", 5, 1),
                                            Metrics("c", 26, 0)};
    const auto plan = PlanCompaction(parts, At(26));
    REQUIRE(plan.has_value());
    CHECK(plan->inputs == std::vector<std::string>{"a", "b"});
    CHECK(plan->level == kLevelDay);
  }

  TEST_CASE("a part that is between two inputs, in age and in time, is merged with them") {
    // b is much larger than the rest, so that it would be left alone; but d is younger than b, a is
    // older, and b and d overlap: merged without b, d would overrule it.
    std::vector<PartSummary> parts = {Metrics("a", 1, 1), Metrics("b", 3, 1, 100'000),
                                      Metrics("c", 7, 1), Metrics("d", 3, 1)};
    auto plan = PlanCompaction(parts, At(26));
    REQUIRE(plan.has_value());
    CHECK(plan->inputs == std::vector<std::string>{"a", "b", "c", "d"});
    // Without the overlap it is left alone.
    parts[3] = Metrics("d", 9, 1);
    plan = PlanCompaction(parts, At(26));
    REQUIRE(plan.has_value());
    CHECK(plan->inputs == std::vector<std::string>{"a", "c", "d"});
    // So it is where it is the oldest.
    std::swap(parts[0], parts[1]);
    parts[3] = Metrics("d", 3, 1);
    plan = PlanCompaction(parts, At(26));
    REQUIRE(plan.has_value());
    CHECK(plan->inputs == std::vector<std::string>{"a", "c", "d"});
  }

  TEST_CASE("a large part is not rewritten for a little late data") {
    const std::vector<PartSummary> parts = {Metrics("day", 0, 2, 1'000'000), Metrics("late", 3, 0)};
    CHECK_FALSE(PlanCompaction(parts, At(48)).has_value());
    const std::vector<PartSummary> more = {Metrics("day", 0, 2, 1'000'000), Metrics("l1", 3, 0),
                                           Metrics("l2", 3, 0)};
    const auto plan = PlanCompaction(more, At(48));
    REQUIRE(plan.has_value());
    CHECK(plan->inputs.size() == 2);
  }

  TEST_CASE("parts of different days or signals are never merged") {
    std::vector<PartSummary> parts = {Metrics("a", 0, 1), Metrics("b", 25, 1)};
    CHECK_FALSE(PlanCompaction(parts, At(500)).has_value());
    CHECK_FALSE(PlanFullCompaction(parts).has_value());
    PartSummary logs = Metrics("c", 0, 1);
    logs.kind = SignalKind::kLogs;
    // Kinds have timestamps of their own units.
    logs.metadata.min_time *= kNanosecondsPerMillisecond;
    logs.metadata.max_time *= kNanosecondsPerMillisecond;
    CHECK_FALSE(PlanFullCompaction({parts[0], logs}).has_value());
    CHECK(PlanFullCompaction({parts[0], Metrics("d", 1, 0)}).has_value());
  }

  TEST_CASE("log entries as a flush left them are rewritten, even one part alone") {
    PartSummary logs = Metrics("a", 0, kLevelFlush);
    logs.kind = SignalKind::kLogs;
    logs.metadata.min_time *= kNanosecondsPerMillisecond;
    logs.metadata.max_time *= kNanosecondsPerMillisecond;
    CHECK_FALSE(PlanCompaction({logs}, At(20)).has_value());
    for (const auto& plan : {PlanCompaction({logs}, At(48)), PlanFullCompaction({logs})}) {
      REQUIRE(plan.has_value());
      CHECK(plan->inputs == std::vector<std::string>{"a"});
      CHECK(plan->level == kLevelDay);
    }
    logs.metadata.level = kLevelWindow;
    CHECK_FALSE(PlanCompaction({logs}, At(48)).has_value());
    CHECK_FALSE(PlanFullCompaction({logs}).has_value());
  }

  TEST_CASE("a closed window of log entries waits while it gets parts, but not for ever") {
    std::vector<PartSummary> parts;
    const auto add = [&](int64_t from_hour) {
      PartSummary logs = Metrics(std::to_string(parts.size()), from_hour, kLevelFlush);
      logs.kind = SignalKind::kLogs;
      logs.metadata.min_time *= kNanosecondsPerMillisecond;
      logs.metadata.max_time *= kNanosecondsPerMillisecond;
      logs.metadata.part_id = parts.size() + 1;
      parts.push_back(std::move(logs));
    };
    add(0);
    add(0);
    CHECK_FALSE(PlanCompaction(parts, At(20)).has_value());
    add(4);
    REQUIRE(PlanCompaction(parts, At(20)).has_value());
    CHECK(PlanCompaction(parts, At(20))->inputs.size() == 2);
    CHECK(PlanCompaction(parts, At(20))->level == kLevelWindow);
    parts.clear();
    for (int i = 0; i < 8; ++i) add(0);
    REQUIRE(PlanCompaction(parts, At(20)).has_value());
    CHECK(PlanCompaction(parts, At(20))->inputs.size() == 8);
  }

  TEST_CASE("retention drops a day only when all of it is older than the limit") {
    const std::vector<PartSummary> parts = {Metrics("old", 0, 2), Metrics("new", 24, 2)};
    const int64_t retention_ms = 10 * kMillisecondsPerDay;
    const int64_t day_end_ms = kDayMs + kMillisecondsPerDay;
    CHECK(PlanRetention(parts, day_end_ms + retention_ms - 1, retention_ms, 0).empty());
    CHECK(PlanRetention(parts, day_end_ms + retention_ms, retention_ms, 0) ==
          std::vector<std::string>{"old"});
    CHECK(PlanRetention(parts, day_end_ms + 1000 * kMillisecondsPerDay, 0, 0).empty());
  }

  TEST_CASE("the size limit drops the oldest days and keeps the newest") {
    const std::vector<PartSummary> parts = {Metrics("a", 0, 2, 100), Metrics("b", 24, 2, 100),
                                            Metrics("c", 48, 2, 100)};
    CHECK(PlanRetention(parts, At(50), 0, 300).empty());
    CHECK(PlanRetention(parts, At(50), 0, 250) == std::vector<std::string>{"a"});
    CHECK(PlanRetention(parts, At(50), 0, 1) == std::vector<std::string>{"a", "b"});
  }
}

}  // namespace varve::storage
