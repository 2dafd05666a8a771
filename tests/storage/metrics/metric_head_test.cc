#include "storage/metrics/metric_head.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace varve::storage {
namespace {

// The raw label block of these tests is the packed label set itself; "bad" does not parse.
absl::Status ParsePacked(std::string_view raw, LabelSet* labels) {
  if (!LabelSetView::IsValidPacked(raw)) return absl::InvalidArgumentError("bad labels");
  *labels = LabelSet(LabelSetView(raw));
  return absl::OkStatus();
}

struct BatchOf {
  explicit BatchOf(std::vector<std::pair<LabelSet, std::vector<Sample>>> series)
      : series_(std::move(series)) {
    batch.parse = ParsePacked;
    for (const auto& [labels, samples] : series_) {
      const auto begin = static_cast<uint32_t>(batch.samples.size());
      batch.samples.insert(batch.samples.end(), samples.begin(), samples.end());
      batch.series.push_back({labels.packed(), begin, static_cast<uint32_t>(batch.samples.size())});
    }
  }
  std::vector<std::pair<LabelSet, std::vector<Sample>>> series_;
  MetricBatch batch;
};

AppendResult Append(MetricHead* head, const MetricBatch& batch,
                    const MetricAppendLimits& limits = {}) {
  AppendResult result;
  std::vector<AcceptedRun> runs;
  std::vector<MemorySeries*> series;
  head->Append(batch, limits, &result, &runs, &series);
  uint64_t listed = 0;
  for (const AcceptedRun& run : runs) listed += run.end - run.begin;
  CHECK(listed == result.accepted);
  return result;
}

std::vector<std::string> Names(const std::vector<HeadSeries>& selected) {
  std::vector<std::string> names;
  for (const HeadSeries& series : selected) names.push_back(series.labels.ToString());
  return names;
}

LabelSet Up(std::string_view job) { return LabelSet{{"__name__", "up"}, {"job", job}}; }

}  // namespace

// A head whose series can be kept from everybody else.
class StoppableHead : public MetricHead {
 public:
  using MetricHead::MetricHead;
  void LockSeries() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (Shard& shard : shards_) shard.mutex.Lock();
  }
  void UnlockSeries() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (Shard& shard : shards_) shard.mutex.Unlock();
  }
};

TEST_SUITE("storage/metrics/metric_head") {
  TEST_CASE("matchers find series, those without the label included where empty matches") {
    MetricHead head(1);
    const BatchOf data({{Up("b"), {{1, 1}}},
                        {Up("a"), {{1, 1}}},
                        {LabelSet{{"__name__", "up"}}, {{1, 1}}},
                        {LabelSet{{"__name__", "down"}, {"job", "a"}}, {{1, 1}}}});
    CHECK(Append(&head, data.batch).accepted == 4);
    const auto select = [&](std::vector<Matcher> matchers) {
      return Names(head.Select(matchers, TimeRange::All()));
    };
    using Names = std::vector<std::string>;
    CHECK(select({Matcher::Equal("__name__", "up")}) ==
          Names{"up{}", "up{job=\"a\"}", "up{job=\"b\"}"});
    CHECK(select({Matcher::Equal("job", "a")}) == Names{"down{job=\"a\"}", "up{job=\"a\"}"});
    CHECK(select({Matcher::Equal("__name__", "up"), Matcher::NotEqual("job", "a")}) ==
          Names{"up{}", "up{job=\"b\"}"});
    CHECK(select({*Matcher::Create(MatchType::kRegex, "job", "a|b"),
                  Matcher::Equal("__name__", "up")}) == Names{"up{job=\"a\"}", "up{job=\"b\"}"});
    CHECK(select({*Matcher::Create(MatchType::kNotRegex, "job", ".+")}) == Names{"up{}"});
    CHECK(select({Matcher::Equal("nope", "")}).size() == 4);
    CHECK(select({Matcher::Equal("nope", "x")}).empty());
    CHECK(head.Select({}, {5, 6}).empty());
  }

  TEST_CASE("values of the series that match, whether values or series are the fewer") {
    MetricHead head(1);
    std::vector<std::pair<LabelSet, std::vector<Sample>>> series;
    for (int pod = 0; pod < 600; ++pod) {
      const std::string name = "pod-" + std::to_string(pod);
      for (const char* const metric : {"cpu", "memory"}) {
        series.push_back({{{"__name__", metric}, {"pod", name}, {"zone", pod < 5 ? "a" : "b"}},
                          {{pod < 300 ? 10 : 20, 1}}});
      }
    }
    const BatchOf data(std::move(series));
    CHECK(Append(&head, data.batch).accepted == 1200);
    const auto values = [&](std::string_view name, const std::vector<Matcher>& matchers,
                            TimeRange range_ms) {
      std::vector<std::string> found;
      head.AddLabelValues(name, matchers, range_ms, &found);
      std::sort(found.begin(), found.end());
      return found;
    };
    using Texts = std::vector<std::string>;
    CHECK(values("__name__", {Matcher::Equal("zone", "b")}, TimeRange::All()) ==
          Texts{"cpu", "memory"});
    CHECK(values("zone", {Matcher::Equal("__name__", "cpu")}, {15, 25}) == Texts{"b"});
    CHECK(values("zone", {Matcher::Equal("__name__", "cpu")}, {0, 5}).empty());
    CHECK(values("pod", {Matcher::Equal("zone", "a")}, TimeRange::All()) ==
          Texts{"pod-0", "pod-1", "pod-2", "pod-3", "pod-4"});
    CHECK(values("pod", {Matcher::Equal("zone", "a")}, {15, 25}).empty());
    CHECK(values("pod", {Matcher::Equal("__name__", "cpu")}, {15, 25}).size() == 300);
    CHECK(values("nothing", {Matcher::Equal("zone", "a")}, TimeRange::All()).empty());
    const auto count = [&](MatchType type, const char* expression) {
      return head.Select({*Matcher::Create(type, "pod", expression)}, TimeRange::All()).size();
    };
    CHECK(count(MatchType::kRegex, "pod-.*7") == 2 * 60);
    CHECK(count(MatchType::kNotRegex, "pod-.*7") == 2 * 540);
    CHECK(count(MatchType::kRegex, "(pod-[0-9]{3})?") == 2 * 500);
  }

  TEST_CASE("a bad label block and samples out of bounds do not keep the rest from being stored") {
    MetricHead head(1);
    BatchOf data({{Up("a"), {{10, 1}, {1'000, 2}, {20, 3}}}, {Up("b"), {{5, 1}, {15, 1}}}});
    data.batch.series.push_back({"\x05", 0, 1});
    MetricAppendLimits limits;
    limits.range_ms = {10, 100};
    const AppendResult result = Append(&head, data.batch, limits);
    CHECK(result.accepted == 3);
    CHECK(result.rejected == 3);
    REQUIRE(result.rejections.size() == 3);
    CHECK(result.rejections[0].reason == RejectReason::kInvalidLabels);
    CHECK(head.sample_count() == 3);
  }

  TEST_CASE("duplicates are accepted, a second value of one timestamp is refused with its series") {
    MetricHead head(1);
    const BatchOf first({{Up("a"), {{10, 1}}}});
    const BatchOf second({{Up("a"), {{10, 1}, {10, 2}, {11, 5}}}});
    Append(&head, first.batch);
    const AppendResult result = Append(&head, second.batch);
    CHECK(result.accepted == 2);
    CHECK(result.rejected == 1);
    CHECK(result.rejections[0].message.find("duplicate sample for timestamp 10") == 0);
    CHECK(result.rejections[0].message.find("up{job=\"a\"}") != std::string::npos);
    CHECK(head.sample_count() == 2);
  }

  TEST_CASE("the series limit refuses new series and keeps known ones working") {
    MetricHead head(1);
    MetricAppendLimits limits;
    limits.series_max = 1;
    const BatchOf data({{Up("a"), {{10, 1}}}, {Up("b"), {{10, 1}}}});
    AppendResult result = Append(&head, data.batch, limits);
    CHECK(result.accepted == 1);
    CHECK(result.rejections[0].reason == RejectReason::kSeriesLimit);
    const BatchOf more({{Up("a"), {{11, 1}}}});
    CHECK(Append(&head, more.batch, limits).accepted == 1);
  }

  TEST_CASE("series are visited for a flush in label order and leave when idle") {
    MetricHead head(1);
    const BatchOf data({{Up("b"), {{10, 1}}}, {Up("a"), {{20, 1}}}});
    Append(&head, data.batch);
    head.BeginFlush();
    std::vector<std::string> visited;
    head.VisitFlushing([&](LabelSetView labels, const std::vector<HeadChunkPtr>& chunks) {
      visited.push_back(std::string(labels.Get("job")));
      CHECK(chunks.size() == 1);
    });
    CHECK(visited == std::vector<std::string>{"a", "b"});
    CHECK(head.Select({}, TimeRange::All()).size() == 2);
    head.EndFlush(true);
    CHECK(head.sample_count() == 0);
    CHECK(head.Select({}, TimeRange::All()).empty());
    for (int flush = 0; flush < 2; ++flush) {
      head.BeginFlush();
      head.EndFlush(true);
    }
    CHECK_FALSE(head.HasIdle(10));
    CHECK(head.HasIdle(15));
    CHECK(head.EvictIdle(15).value() == 1);
    CHECK_FALSE(head.HasIdle(15));
    CHECK(head.series_count() == 1);
    const BatchOf again({{Up("b"), {{30, 1}}}});
    CHECK(Append(&head, again.batch).accepted == 1);
    CHECK(head.series_count() == 2);
  }

  TEST_CASE("idle series stay while somebody uses the registry, and leave afterwards") {
    StoppableHead head(1);
    const BatchOf data({{Up("a"), {{10, 1}}}});
    Append(&head, data.batch);
    for (int flush = 0; flush < 3; ++flush) {
      head.BeginFlush();
      head.VisitFlushing([](LabelSetView, const std::vector<HeadChunkPtr>&) {});
      head.EndFlush(true);
    }
    REQUIRE(head.HasIdle(15));
    // A query that has the registry and waits for the series.
    head.LockSeries();
    std::thread query([&head] { CHECK(head.Select({}, TimeRange::All()).empty()); });
    while (head.EvictIdle(0).has_value()) std::this_thread::yield();
    CHECK_FALSE(head.EvictIdle(15).has_value());
    head.UnlockSeries();
    query.join();
    CHECK(head.HasIdle(15));
    CHECK(head.series_count() == 1);
    CHECK(head.EvictIdle(15) == std::optional<size_t>(1));
    CHECK_FALSE(head.HasIdle(15));
    CHECK(head.series_count() == 0);
  }

  TEST_CASE("a new series does not wait for a query that reads others") {
    // On the heap: where the locks of another test's head lay, they were taken in another order.
    const auto owned = std::make_unique<StoppableHead>(1);
    StoppableHead& head = *owned;
    const BatchOf data({{Up("a"), {{10, 1}}}});
    Append(&head, data.batch);
    head.LockSeries();
    std::thread query([&head] { CHECK(head.Select({}, TimeRange::All()).size() == 1); });
    while (head.EvictIdle(0).has_value()) std::this_thread::yield();  // until it is there
    const LabelSet added{{"__name__", "up"}, {"job", "b"}};
    std::vector<MemorySeries*> series = {nullptr};
    std::vector<const MemorySeries*> created;
    head.ReplaySeries(std::vector<LabelSetView>{added}, &series, &created);
    CHECK(series[0]->labels() == LabelSetView(added));
    CHECK(head.series_count() == 2);
    head.UnlockSeries();
    query.join();
  }

  TEST_CASE("a replay takes a guess only where the labels agree, and makes a series once") {
    MetricHead head(1);
    const LabelSet a{{"__name__", "up"}, {"job", "a"}};
    const LabelSet b{{"__name__", "up"}, {"job", "b"}};
    const LabelSet c{{"__name__", "up"}, {"job", "c"}};
    std::vector<MemorySeries*> series(3);
    std::vector<const MemorySeries*> created;
    head.ReplaySeries(std::vector<LabelSetView>{a, b, a}, &series, &created);
    REQUIRE(created == std::vector<const MemorySeries*>{series[0], series[1]});
    CHECK(series[0]->labels() == LabelSetView(a));
    CHECK(series[1]->labels() == LabelSetView(b));
    CHECK(series[2] == series[0]);

    // Guesses: right, another one's, none for one that is there, another one's for a new one.
    std::vector<MemorySeries*> again = {series[0], series[0], nullptr, series[1]};
    std::vector<const MemorySeries*> more;
    head.ReplaySeries(std::vector<LabelSetView>{a, b, b, c}, &again, &more);
    CHECK(again[0] == series[0]);
    CHECK(again[1] == series[1]);
    CHECK(again[2] == series[1]);
    REQUIRE(more == std::vector<const MemorySeries*>{again[3]});
    CHECK(again[3]->labels() == LabelSetView(c));
    CHECK(head.series_count() == 3);
  }

  TEST_CASE("series of a replay are found by their labels once they are indexed, beside new ones") {
    MetricHead head(1);
    const LabelSet a{{"__name__", "up"}, {"job", "a"}};
    const LabelSet b{{"__name__", "up"}, {"job", "b"}};
    std::vector<MemorySeries*> series(2);
    std::vector<const MemorySeries*> created;
    head.ReplaySeries(std::vector<LabelSetView>{a, b}, &series, &created);
    head.IndexReplayed(std::span(created).first(1));
    head.IndexReplayed(std::span(created).subspan(1));
    uint64_t appended = 0;
    for (MemorySeries* one : series) {
      appended += head.ReplaySamples(one, std::vector<int64_t>{10, 20, 20, 30},
                                     std::vector<double>{1, 2, 2, 3});
    }
    CHECK(appended == 6);
    head.CountReplayed(appended);
    CHECK(head.sample_count() == 6);
    const BatchOf data({{Up("b"), {{40, 4}}}, {Up("c"), {{40, 4}}}});
    Append(&head, data.batch);
    CHECK(head.sample_count() == 8);
    for (const char* job : {"a", "b", "c"}) {
      const auto selected = head.Select({Matcher::Equal("job", job)}, TimeRange::All());
      REQUIRE(selected.size() == 1);
      CHECK(LabelSetView(selected[0].labels).Get("job") == job);
    }
    CHECK(head.Select({Matcher::Equal("__name__", "up")}, TimeRange::All()).size() == 3);
  }

  TEST_CASE("threads that write and read at once lose nothing") {
    MetricHead head(7);
    constexpr int kThreads = 4;
    constexpr int kRounds = 200;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&head, t] {
        for (int i = 0; i < kRounds; ++i) {
          const BatchOf data({{Up("shared" + std::to_string(i)), {{1'000 * (t + 1), 1}}},
                              {Up("own" + std::to_string(t)), {{i, 1}}}});
          AppendResult result;
          std::vector<AcceptedRun> runs;
          std::vector<MemorySeries*> series;
          head.Append(data.batch, {}, &result, &runs, &series);
          if (i % 50 == 0) head.Select({}, TimeRange::All());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(head.series_count() == kRounds + kThreads);
    CHECK(head.sample_count() == 2 * kThreads * kRounds);
  }
}

}  // namespace varve::storage
