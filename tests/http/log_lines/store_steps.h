// StoreAndCompare: generated entries through each place a database keeps them in, compared after
// each step: the head, the write-ahead log alone, parts as they are flushed (lines compressed as
// they are), and merged parts (templates). Nothing runs in the background, so that a step is what
// it is called.
//
// Threads:  a free function.
// Errors:   DATA_LOSS for entries that did not come back; INTERNAL where a step left other parts
//           than it should.
#ifndef TESTS_HTTP_LOG_LINES_STORE_STEPS_H_
#define TESTS_HTTP_LOG_LINES_STORE_STEPS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace varve::tools {

// Prints the time of each step to standard output.
absl::Status StoreAndCompare(uint64_t seed, uint64_t count, int64_t day, const std::string& folder);

}  // namespace varve::tools

#endif  // TESTS_HTTP_LOG_LINES_STORE_STEPS_H_
