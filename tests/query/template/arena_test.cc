#include <doctest/doctest.h>

#include <string>

#include "query/template/arena.h"

namespace varve::query {
namespace {

TEST_SUITE("query/template/arena") {
  TEST_CASE("texts and values stay where they are until the arena is reset") {
    TemplateArena arena;
    std::vector<std::string_view> kept;
    std::vector<std::string> wanted;
    for (int i = 0; i < 2000; ++i) {
      wanted.push_back(std::string(static_cast<size_t>(i % 97), static_cast<char>('a' + i % 26)));
      kept.push_back(arena.Keep(wanted.back()));
      const double* number = arena.New<double>(i);
      CHECK(reinterpret_cast<uintptr_t>(number) % alignof(double) == 0);
      CHECK(*number == i);
    }
    for (size_t i = 0; i < kept.size(); ++i) CHECK(kept[i] == wanted[i]);
  }

  TEST_CASE("a reset gives the same memory again") {
    TemplateArena arena;
    const void* first = arena.Keep("abc").data();
    CHECK(arena.used_bytes() == 3);
    arena.Reset();
    CHECK(arena.used_bytes() == 0);
    CHECK(arena.Keep("xyz").data() == first);
  }
}

}  // namespace
}  // namespace varve::query
