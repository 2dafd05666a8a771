// AnswerEnd finds where an HTTP/1.1 answer ends while its bytes come in; it keeps none of them but
// the head.
//
// Threads:  one-thread.
#ifndef BENCHMARKS_END_TO_END_ANSWER_END_H_
#define BENCHMARKS_END_TO_END_ANSWER_END_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace varve::benchmarks {

class AnswerEnd {
 public:
  // Takes the next bytes; true when they end the answer.
  bool Take(std::string_view bytes);
  // 0 before the head is whole, and of an answer whose end cannot be told.
  int status() const { return status_; }

 private:
  // What comes next: the head, a body of known length (`left_` bytes), the line that says how long
  // a chunk is, a chunk (with its line end), the lines behind the last chunk.
  enum class Part { kHead, kBody, kChunkLine, kChunk, kTrailer };

  bool ReadHead();

  Part part_ = Part::kHead;
  std::string line_;  // the head, or a line that is not whole yet
  uint64_t left_ = 0;
  int status_ = 0;
};

}  // namespace varve::benchmarks

#endif  // BENCHMARKS_END_TO_END_ANSWER_END_H_
