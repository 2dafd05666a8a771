#include "server/syslog/syslog_queue.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace varve::server {
namespace {

std::shared_ptr<SyslogSource> Source(SyslogProtocol protocol = SyslogProtocol::kUdp) {
  auto source = std::make_shared<SyslogSource>();
  source->protocol = protocol;
  source->address = "192.0.2.1";
  return source;
}

TEST_SUITE("server/syslog/syslog_queue") {
  TEST_CASE("messages come out in the order they came in, in bounded batches") {
    SyslogQueue queue(1 << 20, 1 << 20);
    const auto source = Source();
    for (int i = 0; i < 10; ++i) queue.Push(source, std::string(1000, 'a'), i);
    std::vector<SyslogWaiting> taken;
    int64_t next = 0;
    int batches = 0;
    while (next < 10) {
      REQUIRE(queue.Take(2500, &taken));
      CHECK(taken.size() <= 3);
      for (const SyslogWaiting& waiting : taken) CHECK(waiting.received_ns == next++);
      queue.Release(taken);
      ++batches;
    }
    CHECK(batches > 3);
    CHECK(queue.waiting_bytes() == 0);
    CHECK(source->waiting_bytes == 0);
  }

  TEST_CASE("one source that floods leaves room for the others, until all is full") {
    SyslogQueue queue(10'000, 25'000);
    const auto loud = Source();
    const auto quiet = Source();
    const auto third = Source();
    while (queue.HasRoom(*loud)) queue.Push(loud, std::string(1000, 'x'), 0);
    CHECK(loud->waiting_bytes < 12'000);
    CHECK(queue.HasRoom(*quiet));
    while (queue.HasRoom(*quiet)) queue.Push(quiet, std::string(1000, 'x'), 0);
    while (queue.HasRoom(*third)) queue.Push(third, std::string(1000, 'x'), 0);
    CHECK(third->waiting_bytes < 10'000);
    CHECK_FALSE(queue.HasRoom(*Source()));
    // What was taken counts until it is stored.
    std::vector<SyslogWaiting> taken;
    REQUIRE(queue.Take(1 << 20, &taken));
    CHECK_FALSE(queue.HasRoom(*loud));
    queue.Release(taken);
    CHECK(queue.HasRoom(*loud));
  }

  TEST_CASE("a stop ends the wait, but what is there can be taken") {
    SyslogQueue queue(1000, 1000);
    queue.Push(Source(), "last", 1);
    std::vector<SyslogWaiting> taken;
    std::thread stopper([&] { queue.Stop(); });
    CHECK(queue.Take(1000, &taken));
    CHECK(taken[0].message == "last");
    CHECK_FALSE(queue.Take(1000, &taken));
    stopper.join();
    CHECK_FALSE(queue.Rest(1'000'000));
  }
}

}  // namespace
}  // namespace varve::server
