#include "server/log_tail.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "server/tail_hub.h"

namespace varve::server {
namespace {

using storage::LabelSet;
using storage::TimeRange;

// A batch of one stream that owns what it points to.
struct OneStream {
  explicit OneStream(LabelSet set) : labels(std::move(set)) {}
  void Add(int64_t timestamp_ns, std::string line) {
    lines.push_back(std::make_unique<std::string>(std::move(line)));
    batch.entries.push_back({timestamp_ns, *lines.back(), {}});
    batch.streams = {{labels, 0, static_cast<uint32_t>(batch.entries.size())}};
  }

  LabelSet labels;
  std::vector<std::unique_ptr<std::string>> lines;
  storage::LogBatch batch;
};

std::shared_ptr<LogTail> OpenTail(TailHub* hub, std::string_view query) {
  auto tail = hub->Open(query, false, 2);
  REQUIRE(tail.ok());
  return *tail;
}

TEST_SUITE("server/log_tail") {
  TEST_CASE("what comes in before the history is there is sent behind it, once") {
    TailHub hub;
    const auto tail = OpenTail(&hub, "{app=\"x\"} |= \"a\"");
    OneStream stream(LabelSet{{"app", "x"}});
    stream.Add(1, "a old");
    stream.Add(2, "b");
    stream.Add(3, "a new");
    hub.Publish(stream.batch, TimeRange::All());
    CHECK_FALSE(tail->NextFrame().has_value());
    query::StreamsResult history;
    history.streams.push_back({stream.labels, {{1, "a old", {}, {}}}});
    tail->SetHistory(std::move(history));
    CHECK(tail->NextFrame() ==
          R"({"streams":[{"stream":{"app":"x"},"values":[["1","a old"],["3","a new"]]}]})");
    CHECK_FALSE(tail->NextFrame().has_value());
    tail->Stop();
  }

  TEST_CASE("other streams and entries that were refused for their age are not shown") {
    TailHub hub;
    const auto tail = OpenTail(&hub, "{app=\"x\"}");
    tail->SetHistory({});
    int woken = 0;
    tail->Start([&woken] { ++woken; });
    OneStream other(LabelSet{{"app", "y"}});
    other.Add(5'000'000, "no");
    hub.Publish(other.batch, TimeRange::All());
    OneStream stream(LabelSet{{"app", "x"}});
    stream.Add(1'000'000, "too old");
    stream.Add(5'000'000, "in");
    hub.Publish(stream.batch, TimeRange{2, 10});
    CHECK(woken == 1);
    CHECK(tail->NextFrame() ==
          R"({"streams":[{"stream":{"app":"x"},"values":[["5000000","in"]]}]})");
    tail->Stop();
  }

  TEST_CASE("with a delay lines wait, and come in the order of their times") {
    auto now = std::chrono::steady_clock::time_point(std::chrono::hours(1));
    LogTail tail(
        *query::LogTailFilter::Create("{app=\"x\"}"), false, [] {}, std::chrono::seconds(2),
        [&now] { return now; });
    tail.SetHistory({});
    CHECK_FALSE(tail.NextFrameDue().has_value());
    OneStream first(LabelSet{{"app", "x"}});
    first.Add(5, "five");
    tail.Offer(first.batch, TimeRange::All());
    CHECK_FALSE(tail.NextFrame().has_value());
    CHECK(tail.NextFrameDue() == std::chrono::milliseconds(2000));
    now += std::chrono::milliseconds(1999);
    OneStream late(LabelSet{{"app", "x"}});
    late.Add(3, "three");
    tail.Offer(late.batch, TimeRange::All());
    CHECK_FALSE(tail.NextFrame().has_value());
    CHECK(tail.NextFrameDue() == std::chrono::milliseconds(1));
    SUBCASE("taken at once") {
      now += std::chrono::milliseconds(1);
      CHECK(tail.NextFrame() == R"({"streams":[{"stream":{"app":"x"},"values":[["5","five"]]}]})");
      CHECK(tail.NextFrameDue() == std::chrono::milliseconds(1999));
    }
    SUBCASE("taken later") {
      now += std::chrono::seconds(5);
      CHECK(tail.NextFrameDue() == std::chrono::milliseconds(0));
      CHECK(tail.NextFrame() ==
            R"({"streams":[{"stream":{"app":"x"},"values":[["3","three"],["5","five"]]}]})");
      CHECK_FALSE(tail.NextFrameDue().has_value());
    }
    tail.Stop();
  }

  TEST_CASE("lines beyond what may wait are left out and named") {
    TailHub hub;
    const auto tail = OpenTail(&hub, "{app=\"x\"}");
    tail->SetHistory({});
    OneStream stream(LabelSet{{"app", "x"}});
    for (int64_t i = 0; i < 5; ++i) stream.Add(i, std::string(1 << 20, 'x'));
    hub.Publish(stream.batch, TimeRange::All());
    CHECK(tail->dropped_total() == 2);
    const std::string frame = tail->NextFrame().value_or("");  // one line is more than a frame has
    CHECK(frame.starts_with(R"({"streams":[{"stream":{"app":"x"},"values":[["0",)"));
    CHECK(frame.ends_with(R"("dropped_entries":[{"labels":{"app":"x"},"timestamp":"3"},)"
                          R"({"labels":{"app":"x"},"timestamp":"4"}]})"));
    stream.Add(9, "small");
    hub.Publish(stream.batch, TimeRange{0, 1});
    CHECK(tail->dropped_total() == 6);
    tail->Stop();
  }

  TEST_CASE("what waits goes into frames that clients take, the streams in turn") {
    TailHub hub;
    const auto tail = OpenTail(&hub, "{app=~\".+\"}");
    tail->SetHistory({});
    OneStream endless(LabelSet{{"app", "endless"}});
    for (int64_t i = 0; i < 10; ++i) endless.Add(i, std::string(100 << 10, 'x'));
    hub.Publish(endless.batch, TimeRange::All());
    OneStream small(LabelSet{{"app", "small"}});
    small.Add(3, "y");
    hub.Publish(small.batch, TimeRange::All());
    std::string first = tail->NextFrame().value_or("");
    CHECK(first.size() > LogTail::kFrameBytesMax / 2);
    CHECK(first.size() < LogTail::kFrameBytesMax + 1024);
    CHECK(first.find("small") == std::string::npos);
    const std::string second = tail->NextFrame().value_or("");
    CHECK(second.find(R"({"stream":{"app":"small"},"values":[["3","y"]]})") != std::string::npos);
    std::string all = first + second + tail->NextFrame().value_or("");
    CHECK_FALSE(tail->NextFrame().has_value());
    for (size_t i = 0, at = 0; i < 10; ++i) {  // each once, in order
      at = all.find("[\"" + std::to_string(i) + "\",\"xxx", at);
      REQUIRE(at != std::string::npos);
    }
    CHECK(tail->dropped_total() == 0);
    tail->Stop();
  }

  TEST_CASE("the hub lets tails go that stopped, and refuses what it cannot tail") {
    TailHub hub;
    const auto first = OpenTail(&hub, "{app=\"x\"}");
    const auto second = OpenTail(&hub, "{app=\"y\"}");
    CHECK(absl::IsResourceExhausted(hub.Open("{app=\"z\"}", false, 2).status()));
    first->Stop();
    first->Stop();
    CHECK(hub.size() == 1);
    CHECK(hub.Open("{app=\"z\"}", false, 2).ok());
    CHECK(absl::IsInvalidArgument(hub.Open("rate({a=\"b\"}[1m])", false, 9).status()));
    CHECK(absl::IsInvalidArgument(hub.Open("{", false, 9).status()));
    OneStream stream(LabelSet{{"app", "x"}});
    stream.Add(1, "nobody is there");
    hub.Publish(stream.batch, TimeRange::All());
    CHECK_FALSE(first->NextFrame().has_value());
    second->Stop();
  }
}

}  // namespace
}  // namespace varve::server
