// Times as syslog messages have them: RFC 3339 (`2003-10-11T22:14:15.003Z`), and those of RFC 3164
// (`Oct 11 22:14:15`), also with a year (`Oct 11 2003 22:14:15`) or fractions of a second.
//
// Where the year is missing it is the one that brings the time closest to the clock; where the time
// zone is missing it is the receiver's setting.
//
// Threads:  functions without state.
#ifndef INGEST_SYSLOG_TIMESTAMP_H_
#define INGEST_SYSLOG_TIMESTAMP_H_

#include <cstdint>
#include <string_view>

#include "absl/time/time.h"

namespace varve::ingest {

// What a message is read against.
struct SyslogClock {
  int64_t received_ns = 0;  // when the message came in
  absl::TimeZone zone = absl::UTCTimeZone();
};

struct SyslogTimestamp {
  bool is_there = false;
  int64_t time_ns = 0;
  int fraction_digits = 0;  // of a second, as they were written
};

// Reads a time at the beginning of `*text` and takes it off; false, and nothing taken, where there
// is none.
bool TakeIsoTimestamp(std::string_view* text, const SyslogClock& clock, SyslogTimestamp* timestamp);
bool TakeBsdTimestamp(std::string_view* text, const SyslogClock& clock, SyslogTimestamp* timestamp);

}  // namespace varve::ingest

#endif  // INGEST_SYSLOG_TIMESTAMP_H_
