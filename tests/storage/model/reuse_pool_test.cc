#include "storage/model/reuse_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace varve::storage {
namespace {

TEST_SUITE("storage/model/reuse_pool") {
  TEST_CASE("what was used last is used again, with its buffers") {
    ReusePool<std::string> pool;
    const std::string* first = nullptr;
    {
      const auto text = pool.Take();
      text->assign(1000, 'x');
      first = &*text;
    }
    CHECK(pool.free_count() == 1);
    const auto again = pool.Take();
    CHECK(&*again == first);
    CHECK(again->size() == 1000);
    CHECK(pool.free_count() == 0);
    const auto other = pool.Take();
    CHECK(other->empty());
  }

  TEST_CASE("threads that use one at a time share few, and never one at the same time") {
    struct Counter {
      std::atomic<int> users{0};
    };
    ReusePool<Counter> pool;
    std::atomic<bool> shared{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 2000; ++round) {
          const auto counter = pool.Take();
          if (counter->users.fetch_add(1) != 0) shared = true;
          counter->users.fetch_sub(1);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK_FALSE(shared);
    CHECK(pool.free_count() >= 1);
    CHECK(pool.free_count() <= 4);
  }
}

}  // namespace
}  // namespace varve::storage
