// SyslogFrames: the messages in a stream of bytes.
//
// Both framings of RFC 6587 may stand in one stream: a message is counted (`123 <34>1 ...`) where
// it begins so, and ends at a line feed or NUL otherwise.
//
// Threads:  one-thread.
// Owns:     what has not become a message yet: `message_bytes_max` and one read at most.
// Source:   RFC 6587.
#ifndef INGEST_SYSLOG_FRAMES_H_
#define INGEST_SYSLOG_FRAMES_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace varve::ingest {

class SyslogFrames {
 public:
  explicit SyslogFrames(size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  void Append(std::string_view bytes);
  // The next complete message, valid until the next call of either kind. Empty lines are no
  // messages. Of one that is too long the beginning is given, and the rest is left out.
  bool Next(std::string_view* message);
  // At the end of the stream: what is left without its end.
  bool Last(std::string_view* message);

  uint64_t truncated() const { return truncated_; }  // messages so far

 private:
  bool NextCounted(size_t header_bytes, size_t message_bytes, std::string_view* message);
  bool NextLine(std::string_view* message);
  std::string_view rest() const { return std::string_view(buffer_).substr(begin_); }

  const size_t message_bytes_max_;
  std::string buffer_;
  size_t begin_ = 0;    // of what was not taken yet
  size_t scanned_ = 0;  // bytes behind it known to have no end of a line
  // Of a message that was too long: bytes still to come, or all up to the end of its line.
  size_t skip_bytes_ = 0;
  bool skip_line_ = false;
  uint64_t truncated_ = 0;
};

// A datagram is one message, often with a line feed or NUL at its end.
std::string_view SyslogDatagram(std::string_view bytes);

}  // namespace varve::ingest

#endif  // INGEST_SYSLOG_FRAMES_H_
