// TemplateArena: what one execution of a template makes and throws away as a whole.
//
// Memory is kept from execution to execution, so that formatting lines allocates nothing once it
// has seen the longest of them.
//
// Threads:  one thread.
// Owns:     its blocks; everything made is valid until Reset.
#ifndef QUERY_TEMPLATE_ARENA_H_
#define QUERY_TEMPLATE_ARENA_H_

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace varve::query {

class TemplateArena {
 public:
  void Reset();

  std::string_view Keep(std::string_view text) {
    if (text.empty()) return {};
    char* bytes = static_cast<char*>(Allocate(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }
  template <typename T>
  T* New(const T& value) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (Allocate(sizeof(T), alignof(T))) T(value);
  }
  template <typename T>
  std::span<const T> KeepAll(const std::vector<T>& values) {
    static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);
    if (values.empty()) return {};
    void* memory = Allocate(values.size() * sizeof(T), alignof(T));
    std::memcpy(memory, static_cast<const void*>(values.data()), values.size() * sizeof(T));
    return {static_cast<const T*>(memory), values.size()};
  }

  // Bytes handed out since the last Reset.
  size_t used_bytes() const { return used_bytes_; }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size = 0;
  };
  void* Allocate(size_t size, size_t alignment);

  std::vector<Block> blocks_;
  size_t block_ = 0;  // the one in use
  size_t at_ = 0;     // the first free byte of it
  size_t used_bytes_ = 0;
};

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_ARENA_H_
