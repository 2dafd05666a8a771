// Copies of a few bytes without a call: what lines are made of is mostly shorter than a vector.
//
// Threads:  a free function.
// Owns:     nothing.
// Errors:   none.
#ifndef STORAGE_LOGS_SHORT_COPY_H_
#define STORAGE_LOGS_SHORT_COPY_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace varve::storage {

// memcpy, which touches exactly `count` bytes.
inline void ShortCopy(char* to, const char* from, size_t count) {
  if (count > 32) {
    std::memcpy(to, from, count);
  } else if (count >= 16) {  // two overlapping halves
    char first[16];
    char last[16];
    std::memcpy(first, from, 16);
    std::memcpy(last, from + count - 16, 16);
    std::memcpy(to, first, 16);
    std::memcpy(to + count - 16, last, 16);
  } else if (count >= 8) {
    uint64_t first = 0;
    uint64_t last = 0;
    std::memcpy(&first, from, 8);
    std::memcpy(&last, from + count - 8, 8);
    std::memcpy(to, &first, 8);
    std::memcpy(to + count - 8, &last, 8);
  } else if (count >= 4) {
    uint32_t first = 0;
    uint32_t last = 0;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + count - 4, 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + count - 4, &last, 4);
  } else if (count > 0) {
    const char middle = from[count / 2];
    const char last = from[count - 1];
    to[0] = from[0];
    to[count / 2] = middle;
    to[count - 1] = last;
  }
}

}  // namespace varve::storage

#endif  // STORAGE_LOGS_SHORT_COPY_H_
