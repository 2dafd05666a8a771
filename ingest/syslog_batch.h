// DecodeSyslogBatch: messages of syslog become a LogBatch.
//
// host, app, facility and severity are labels, beside job="syslog"; process, message id and
// structured data are structured metadata: `procid`, `msgid` and `sd_<element>_<parameter>`. The
// level comes from the severity. A message without a host is its sender's.
//
// What is no message of syslog, or breaks a limit of metadata, is stored as it came in. A time that
// the store would not take is replaced by that of receipt and kept as `syslog_timestamp`. Clocks
// of syslog are coarse: where a time has less than microseconds, messages are told apart below its
// last digit, so that a repeated message is not taken for the same one.
//
// Threads:  functions without state.
// Owns:     the request; the messages' bytes must outlive it.
#ifndef INGEST_SYSLOG_BATCH_H_
#define INGEST_SYSLOG_BATCH_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "ingest/loki_push.h"
#include "storage/model/time_range.h"

namespace varve::ingest {

struct SyslogInput {
  std::string_view message;  // without its frame
  std::string_view sender;   // its address, without the port
  int64_t received_ns = 0;
  uint64_t number = 0;  // counted up by the receiver
};

struct SyslogOptions {
  absl::TimeZone zone = absl::UTCTimeZone();                // of times that do not say
  storage::TimeRange range_ns = storage::TimeRange::All();  // times the store takes
};

// Returns how many messages were malformed.
uint64_t DecodeSyslogBatch(std::span<const SyslogInput> messages, const SyslogOptions& syslog,
                           const LokiPushOptions& options, LokiPushRequest* request);

}  // namespace varve::ingest

#endif  // INGEST_SYSLOG_BATCH_H_
