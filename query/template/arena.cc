#include "query/template/arena.h"

#include <algorithm>

namespace varve::query {
namespace {
constexpr size_t kBlockBytesMin = 4096;
// What one large execution needed is not kept for all small ones that follow.
constexpr size_t kKeptBytesMax = 1 << 20;
}  // namespace

void TemplateArena::Reset() {
  if (used_bytes_ > kKeptBytesMax) blocks_.clear();
  block_ = at_ = used_bytes_ = 0;
}

void* TemplateArena::Allocate(size_t size, size_t alignment) {
  used_bytes_ += size;
  while (block_ < blocks_.size()) {
    const size_t begin = (at_ + alignment - 1) / alignment * alignment;
    if (begin + size <= blocks_[block_].size) {
      at_ = begin + size;
      return blocks_[block_].bytes.get() + begin;
    }
    ++block_;
    at_ = 0;
  }
  const size_t block_size =
      std::max({size, kBlockBytesMin, blocks_.empty() ? 0 : 2 * blocks_.back().size});
  blocks_.push_back({std::make_unique<char[]>(block_size), block_size});
  at_ = size;
  return blocks_.back().bytes.get();
}

}  // namespace varve::query
