// BriefRequests remembers which questions were answered in so short a time that bringing them to
// another thread and back would take longer than answering them. Dashboards ask the same ones again
// and again: the names and values of labels that their variables offer.
//
// It is a table of fixed size in which questions may push each other out: what is forgotten is only
// handed over once more.
//
// Threads:  thread-safe, without locks.
// Owns:     its table.
#ifndef SERVER_BRIEF_REQUESTS_H_
#define SERVER_BRIEF_REQUESTS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "server/http/http_message.h"

namespace varve::server {

class BriefRequests {
 public:
  // What an I/O thread may spend on a question while its other connections wait; writing half a
  // megabyte of another answer takes about as long.
  static constexpr int64_t kBriefNs = 250'000;

  // What tells one question from another: its path and parameters, but of `start` and `end` only
  // about how long the range is, and nothing of `time`: questions of dashboards move on with the
  // clock. 0 for a question that is never brief: one with a body.
  static uint64_t KeyOf(const HttpRequest& request);

  bool IsBrief(uint64_t key) const;
  // Remembers how long answering took.
  void Note(uint64_t key, int64_t duration_ns);

 private:
  static constexpr size_t kSlots = 4096;
  // The keys of questions that were brief the last time; 0: none.
  std::array<std::atomic<uint64_t>, kSlots> slots_{};
};

}  // namespace varve::server

#endif  // SERVER_BRIEF_REQUESTS_H_
