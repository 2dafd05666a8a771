// SyslogMessage: one message of RFC 5424 or of RFC 3164, taken apart.
//
// RFC 3164 describes what was seen on networks, and this reads what is seen there today: times in
// ISO 8601 as rsyslog writes them, with a year, with fractions of a second; no host; a tag with or
// without a process number. What is neither is kept whole as the text of the message.
//
// Threads:  functions without state.
// Owns:     nothing but unescaped parameters: the views lie in the text that was parsed.
// Errors:   none: there is always a message; `malformed` says that it is not what it should be.
// Source:   RFC 5424; RFC 3164; RFC 3339.
#ifndef INGEST_SYSLOG_MESSAGE_H_
#define INGEST_SYSLOG_MESSAGE_H_

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/syslog_timestamp.h"

namespace varve::ingest {

// One parameter of the structured data.
struct SyslogParameter {
  std::string_view element;  // the SD-ID
  std::string_view name;     // empty for an element without parameters
  std::string_view value;
};

struct SyslogMessage {
  // -1: the message does not say.
  int facility = -1;  // 0 to 23
  int severity = -1;  // 0 (emergency) to 7 (debug)
  SyslogTimestamp timestamp;
  std::string_view timestamp_text;
  // Empty where the message has none.
  std::string_view host;
  std::string_view app;
  std::string_view process;
  std::string_view message_id;
  std::vector<SyslogParameter> parameters;
  std::string_view text;
  bool malformed = false;

  std::list<std::string> unescaped;  // values that parameters point into
};

// `text` is one message without its frame.
void ParseSyslogMessage(std::string_view text, const SyslogClock& clock, SyslogMessage* message);

// "emergency" to "debug", and the short names of /etc/syslog.conf; empty for -1.
std::string_view SyslogSeverityName(int severity);
std::string_view SyslogFacilityName(int facility);
// What Loki calls a level: fatal, critical, error, warn, info, debug.
std::string_view SyslogLevel(int severity);

}  // namespace varve::ingest

#endif  // INGEST_SYSLOG_MESSAGE_H_
