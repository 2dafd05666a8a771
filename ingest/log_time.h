// ParseLogTime: times as senders of JSON write them.
//
// Threads:  functions without state.
#ifndef INGEST_LOG_TIME_H_
#define INGEST_LOG_TIME_H_

#include <cstdint>
#include <string_view>

namespace varve::ingest {

// RFC 3339 or ISO 8601 (`2026-11-21T10:00:00.123Z`, `2026-11-21 10:00:00`; UTC where no zone is
// said), or the time since 1970 in seconds (with a fraction), milliseconds, microseconds or
// nanoseconds: whichever makes it a date between 1971 and 2262. False for anything else.
bool ParseLogTime(std::string_view text, int64_t* time_ns);

}  // namespace varve::ingest

#endif  // INGEST_LOG_TIME_H_
