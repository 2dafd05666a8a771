#include "server/syslog/syslog_writer.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"

namespace varve::server {
namespace {

// A writer whose store does what a test says.
class Fixture {
 public:
  using Store = std::function<storage::AppendResult(const storage::LogBatch&)>;

  explicit Fixture(Store store) : writer_(Setup(std::move(store))) { writer_.Start(); }

  void Push(std::string_view message) { queue.Push(source, message, absl::GetCurrentTimeNanos()); }
  void Stop() { writer_.Stop(); }
  uint64_t Dropped() { return counters.Dropped(SyslogProtocol::kTcp, "not_stored")->value(); }

  MetricsRegistry registry;
  SyslogCounters counters{&registry};
  SyslogQueue queue{1 << 20, 1 << 20};
  Logger logger{LogLevel::kError, LogFormat::kLogfmt, [](std::string_view) {}};
  std::shared_ptr<SyslogSource> source = std::make_shared<SyslogSource>();
  std::atomic<int> rounds{0};
  std::atomic<uint64_t> rejected{0};
  std::atomic<uint64_t> beyond_limit{0};  // of those, for the number of streams

 private:
  SyslogWriter::Setup Setup(Store store) {
    SyslogWriter::Setup setup;
    setup.queue = &queue;
    setup.counters = &counters;
    setup.logger = &logger;
    setup.push.discover_service_name = setup.push.discover_level = false;
    setup.zone = absl::UTCTimeZone();
    setup.range_ns = [] { return storage::TimeRange::All(); };
    setup.store = std::move(store);
    setup.on_rejected = [this](storage::RejectReason reason, uint64_t count) {
      rejected += count;
      if (reason == storage::RejectReason::kSeriesLimit) beyond_limit += count;
    };
    setup.on_room = [this] { ++rounds; };
    return setup;
  }
  SyslogWriter writer_;
};

storage::AppendResult Accept(const storage::LogBatch& batch) {
  storage::AppendResult result;
  result.accepted = batch.entries.size();
  return result;
}

TEST_SUITE("server/syslog/syslog_writer") {
  TEST_CASE("everything that waits is stored before the writer ends") {
    std::vector<std::string> stored;
    Fixture fixture([&](const storage::LogBatch& batch) {
      for (const storage::Entry& entry : batch.entries) stored.emplace_back(entry.line);
      return Accept(batch);
    });
    for (int i = 0; i < 100; ++i) fixture.Push("<13>app: " + std::to_string(i));
    fixture.Push("no syslog");
    fixture.Stop();
    REQUIRE(stored.size() == 101);
    CHECK(fixture.counters.malformed()->value() == 1);
    CHECK(fixture.rounds > 0);
    CHECK(fixture.queue.waiting_bytes() == 0);
    CHECK(fixture.Dropped() == 0);
  }

  TEST_CASE("what cannot be stored now is tried again") {
    std::atomic<int> attempts{0};
    std::atomic<int> stored{0};
    Fixture fixture([&](const storage::LogBatch& batch) {
      storage::AppendResult result;
      if (++attempts < 3) {
        result.status = absl::ResourceExhaustedError("disk full");
        return result;
      }
      stored += static_cast<int>(batch.entries.size());
      return Accept(batch);
    });
    fixture.Push("<13>app: kept");
    while (stored < 1) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    fixture.Stop();
    CHECK(attempts == 3);
    CHECK(fixture.Dropped() == 0);
  }

  TEST_CASE("what cannot be stored at the end is counted as lost") {
    Fixture fixture([](const storage::LogBatch&) {
      storage::AppendResult result;
      result.status = absl::UnavailableError("disk gone");
      return result;
    });
    fixture.Push("<13>app: 1");
    fixture.Push("<13>app: 2");
    fixture.Stop();
    CHECK(fixture.Dropped() == 2);
    CHECK(fixture.queue.waiting_bytes() == 0);
  }

  TEST_CASE("entries that the store refuses are counted, each by its reason") {
    Fixture fixture([](const storage::LogBatch& batch) {
      storage::AppendResult result;
      for (size_t i = 0; i < batch.entries.size(); ++i) {
        result.Reject(storage::RejectReason::kSeriesLimit, "too many", 1);
      }
      return result;
    });
    for (int i = 0; i < 40; ++i) fixture.Push("<13>app: x");
    fixture.Stop();
    CHECK(fixture.rejected == 40);
    CHECK(fixture.beyond_limit == 40);
  }
}

}  // namespace
}  // namespace varve::server
