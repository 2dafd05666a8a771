// IntegerCount: a count of an integer histogram, which the storage holds as a double.
#ifndef SERVER_REMOTE_READ_INTEGER_COUNT_H_
#define SERVER_REMOTE_READ_INTEGER_COUNT_H_

#include <cstdint>

namespace varve::server {

// Saturates, so that no value is undefined behaviour.
inline int64_t IntegerCount(double count) {
  constexpr double kBeyond = 9223372036854775808.0;  // 2^63
  if (!(count > 0)) return 0;
  return count >= kBeyond ? INT64_MAX : static_cast<int64_t>(count);
}

}  // namespace varve::server

#endif  // SERVER_REMOTE_READ_INTEGER_COUNT_H_
