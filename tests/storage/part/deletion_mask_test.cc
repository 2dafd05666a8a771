#include "storage/part/deletion_mask.h"

#include <doctest/doctest.h>

#include <random>

#include "storage/part/part_deletions.h"

namespace varve::storage {
namespace {

using Ranges = std::vector<TimeRange>;

std::string RandomText(std::mt19937* random) {
  std::string text((*random)() % 6, ' ');
  for (char& byte : text) byte = static_cast<char>((*random)());
  return text;
}

}  // namespace

TEST_SUITE("storage/part/deletion_mask") {
  TEST_CASE("any matchers come back from the text of a mask") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 2000; ++round) {
      DeletionMask mask;
      mask.id = random();
      mask.signal = random() % 2 == 0 ? Signal::kMetrics : Signal::kLogs;
      mask.range = {static_cast<int64_t>(random()) - (int64_t{1} << 31), INT64_MAX};
      mask.parts_end = random();
      for (size_t i = random() % 4; i-- > 0;) {
        const auto matcher = Matcher::Create(static_cast<MatchType>(random() % 4),
                                             RandomText(&random), RandomText(&random));
        if (matcher.ok()) mask.matchers.push_back(*matcher);  // not every text is an expression
      }
      if (mask.signal == Signal::kLogs && random() % 2 == 0) mask.filter = RandomText(&random);
      const std::string text = EncodeDeletionMask(mask);
      CAPTURE(text);
      CHECK(text.find('\n') == std::string::npos);
      const auto parsed = ParseDeletionMask(text);
      REQUIRE(parsed.ok());
      CHECK(parsed->id == mask.id);
      CHECK(parsed->signal == mask.signal);
      CHECK(parsed->range == mask.range);
      CHECK(parsed->parts_end == mask.parts_end);
      CHECK(parsed->matchers == mask.matchers);
      CHECK(parsed->filter == mask.filter);
      CHECK(EncodeDeletionMask(*parsed) == text);
    }
  }

  TEST_CASE("texts that are no masks are refused") {
    for (const char* text :
         {"", "1", "1 metrics 0 1", "1 traces 0 1 2", "x metrics 0 1 2", "1 metrics 0 1 2 a",
          "1 metrics 0 1 2 a=%4", "1 metrics 0 1 2 a=%4g", "1 metrics 0 1 2 a=~%28",
          "1 metrics 0 99999999999999999999 2", "1 metrics 0 1 2 a b=c", "1 metrics 0 1 2 |x",
          "1 logs 0 1 2 |", "1 logs 0 1 2 |x a=b", "1 logs 0 1 2 |a|b"}) {
      CAPTURE(text);
      CHECK(absl::IsDataLoss(ParseDeletionMask(text).status()));
    }
  }

  TEST_CASE("a mask hides parts that are older than it, of its signal and its time") {
    DeletionMask mask;
    mask.range = {100, 200};
    mask.parts_end = 5;
    const auto part = [](uint64_t id, int64_t from, int64_t to) {
      PartMetadata metadata;
      metadata.part_id = id;
      metadata.min_time = from;
      metadata.max_time = to;
      return metadata;
    };
    CHECK(mask.MayHide(SignalKind::kMetrics, part(4, 150, 160)));
    CHECK(mask.MayHide(SignalKind::kHistograms, part(4, 0, 100)));
    CHECK_FALSE(mask.MayHide(SignalKind::kMetrics, part(5, 150, 160)));
    CHECK_FALSE(mask.MayHide(SignalKind::kMetrics, part(4, 0, 99)));
    CHECK_FALSE(mask.MayHide(SignalKind::kMetrics, part(4, 200, 300)));
    CHECK_FALSE(mask.MayHide(SignalKind::kLogs, part(4, 150, 160)));
    // Exemplars belong to metrics and count nanoseconds.
    CHECK(mask.MayHide(SignalKind::kExemplars, part(4, 199'999'999, 300'000'000)));
    CHECK_FALSE(mask.MayHide(SignalKind::kExemplars, part(4, 150, 160)));
  }

  TEST_CASE("hidden ranges of one series are joined, and the rest is visible") {
    HiddenSeries hidden;
    CHECK(hidden.empty());
    hidden.Add({}, {0, 1});
    CHECK(hidden.empty());
    hidden.Add({1, 7}, {50, 60});
    hidden.Add({7}, {10, 20});
    hidden.Add({7, 9}, {20, 30});
    CHECK_FALSE(hidden.empty());
    CHECK(hidden.RangesOf(3).empty());
    CHECK(hidden.RangesOf(1) == Ranges{{50, 60}});
    CHECK(hidden.RangesOf(7) == Ranges{{10, 30}, {50, 60}});
    CHECK(VisibleRanges({}, {0, 100}) == Ranges{{0, 100}});
    CHECK(VisibleRanges({{10, 30}, {50, 60}}, {0, 100}) == Ranges{{0, 10}, {30, 50}, {60, 100}});
    CHECK(VisibleRanges({{10, 30}, {50, 60}}, {20, 55}) == Ranges{{30, 50}});
    CHECK(VisibleRanges({{10, 30}}, {10, 30}).empty());
    CHECK(VisibleRanges({{10, 30}}, {30, 40}) == Ranges{{30, 40}});
    CHECK(VisibleRanges({{10, 30}}, {0, 10}) == Ranges{{0, 10}});
  }
}

}  // namespace varve::storage
