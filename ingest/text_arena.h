// TextArena: copies of texts that live as long as it does.
//
// Threads:  one-thread.
// Owns:     the copies.
#ifndef INGEST_TEXT_ARENA_H_
#define INGEST_TEXT_ARENA_H_

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace varve::ingest {

class TextArena {
 public:
  std::string_view Keep(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > room_) {
      room_ = std::max(kBlockBytes, text.size());
      blocks_.push_back(std::make_unique<char[]>(room_));
      next_ = blocks_.back().get();
    }
    std::memcpy(next_, text.data(), text.size());
    const std::string_view kept(next_, text.size());
    next_ += text.size();
    room_ -= text.size();
    return kept;
  }

 private:
  static constexpr size_t kBlockBytes = 64 << 10;

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t room_ = 0;  // behind next_
};

}  // namespace varve::ingest

#endif  // INGEST_TEXT_ARENA_H_
