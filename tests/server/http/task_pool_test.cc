#include "server/http/task_pool.h"

#include <doctest/doctest.h>

#include <future>
#include <string>
#include <thread>

namespace varve::server {
namespace {

// A pool whose only thread is busy until it is told to go on.
class Fixture {
 public:
  Fixture() : pool_("test", 1, 3) {
    ticket_ = *pool_.TrySubmit([this] { release_.get_future().wait(); });
    while (pool_.running() == 0) std::this_thread::yield();
  }

  TaskPool& pool() { return pool_; }
  TaskPool::Ticket ticket() const { return ticket_; }
  // Queues a task that writes a letter.
  TaskPool::Ticket Queue(char letter) {
    return pool_.TrySubmit([this, letter] { written_ += letter; }).value();
  }
  // What was written when all is done.
  std::string Finish() {
    release_.set_value();
    pool_.Stop();
    return written_;
  }

 private:
  std::promise<void> release_;
  std::string written_;
  TaskPool pool_;
  TaskPool::Ticket ticket_ = 0;
};

}  // namespace

TEST_SUITE("server/http/task_pool") {
  TEST_CASE("tasks run in the order they came in, but what goes on comes first") {
    Fixture fixture;
    fixture.Queue('a');
    fixture.Queue('b');
    std::string resumed;
    fixture.pool().Resume([&] { resumed = "first"; });
    CHECK(fixture.pool().queued() == 3);
    CHECK(fixture.Finish() == "ab");
    CHECK(resumed == "first");
  }

  TEST_CASE("a task that has not begun can be taken back, and leaves its place to another") {
    Fixture fixture;
    fixture.Queue('a');
    const TaskPool::Ticket b = fixture.Queue('b');
    fixture.Queue('c');
    CHECK_FALSE(fixture.pool().TrySubmit([] {}).has_value());
    const std::function<void()> task = fixture.pool().Withdraw(b);
    REQUIRE(task != nullptr);
    CHECK(fixture.pool().queued() == 2);
    CHECK(fixture.pool().Withdraw(b) == nullptr);
    fixture.Queue('d');
    CHECK(fixture.Finish() == "acd");
    task();
    CHECK(fixture.pool().queued() == 0);
  }

  TEST_CASE("a task that runs, or has run, is not taken back") {
    Fixture fixture;
    CHECK(fixture.pool().Withdraw(fixture.ticket()) == nullptr);
    const TaskPool::Ticket a = fixture.Queue('a');
    CHECK(fixture.Finish() == "a");
    CHECK(fixture.pool().Withdraw(a) == nullptr);
    CHECK_FALSE(fixture.pool().TrySubmit([] {}).has_value());
  }
}

}  // namespace varve::server
