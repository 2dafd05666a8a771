// One frame of a live tail, read from JSON.
//
// Threads:  functions without state.
// Errors:   INTERNAL for what is no such frame.
// Format:   grafana.com/docs/loki/latest/reference/loki-http-api, "Stream logs"
#ifndef TOOLS_TAIL_FRAME_H_
#define TOOLS_TAIL_FRAME_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/query_answer.h"

namespace varve::tools {

struct TailFrame {
  std::vector<AnswerStream> streams;
  uint64_t dropped = 0;  // lines that the server left out, because this client was too slow
};
absl::StatusOr<TailFrame> ParseTailFrame(std::string_view text);

}  // namespace varve::tools

#endif  // TOOLS_TAIL_FRAME_H_
