#include "ingest/syslog_message.h"

#include <array>

namespace varve::ingest {
namespace {

constexpr std::string_view kNil = "-";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// What an element without parameters says.
constexpr std::string_view kPresent = "true";
constexpr int kPriorityMax = 191;
// The longest tag of RFC 3164 is 32 characters; programs that are named by their path have more.
constexpr size_t kTagBytesMax = 128;
constexpr size_t kHostBytesMax = 255;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c);
}

// Takes `<34>` off the front.
bool TakePriority(std::string_view* text, SyslogMessage* message) {
  if (text->size() < 3 || text->front() != '<') return false;
  int priority = 0;
  size_t at = 1;
  for (; at < text->size() && at <= 3 && IsDigit((*text)[at]); ++at) {
    priority = priority * 10 + ((*text)[at] - '0');
  }
  if (at == 1 || at == text->size() || (*text)[at] != '>' || priority > kPriorityMax) return false;
  message->facility = priority / 8;
  message->severity = priority % 8;
  text->remove_prefix(at + 1);
  return true;
}

// The word up to the next blank, which is taken with it; false where no blank follows.
bool TakeWord(std::string_view* text, std::string_view* word) {
  const size_t blank = text->find(' ');
  if (blank == std::string_view::npos || blank == 0) return false;
  *word = text->substr(0, blank);
  text->remove_prefix(blank + 1);
  if (*word == kNil) *word = {};
  return true;
}

// Characters that may stand in the names of elements and parameters.
bool IsNameByte(char c) { return c > ' ' && c < 0x7f && c != '=' && c != ']' && c != '"'; }

std::string_view TakeName(std::string_view* text) {
  size_t at = 0;
  while (at < text->size() && IsNameByte((*text)[at])) ++at;
  const std::string_view name = text->substr(0, at);
  text->remove_prefix(at);
  return name;
}

// `"value"`, in which \" \\ and \] stand for themselves; a backslash before anything else is one.
bool TakeValue(std::string_view* text, SyslogMessage* message, std::string_view* value) {
  if (text->empty() || text->front() != '"') return false;
  std::string plain;
  bool escaped = false;
  for (size_t i = 1; i < text->size(); ++i) {
    const char c = (*text)[i];
    if (c == '"') {
      *value = text->substr(1, i - 1);
      if (escaped) *value = message->unescaped.emplace_back(std::move(plain));
      text->remove_prefix(i + 1);
      return true;
    }
    if (c == '\\' && i + 1 < text->size()) {
      const char next = (*text)[i + 1];
      if (next == '"' || next == '\\' || next == ']') {
        if (!escaped) plain = text->substr(1, i - 1);
        escaped = true;
        plain.push_back(next);
        ++i;
        continue;
      }
    }
    if (escaped) plain.push_back(c);
  }
  return false;
}

// `[id name="value" ...][id2 ...]`
bool TakeStructuredData(std::string_view* text, SyslogMessage* message) {
  while (!text->empty() && text->front() == '[') {
    text->remove_prefix(1);
    SyslogParameter parameter;
    parameter.element = TakeName(text);
    if (parameter.element.empty()) return false;
    size_t parameters = 0;
    while (!text->empty() && text->front() == ' ') {
      text->remove_prefix(1);
      parameter.name = TakeName(text);
      if (parameter.name.empty() || text->empty() || text->front() != '=') return false;
      text->remove_prefix(1);
      if (!TakeValue(text, message, &parameter.value)) return false;
      message->parameters.push_back(parameter);
      ++parameters;
    }
    if (parameters == 0) {
      parameter.value = kPresent;
      message->parameters.push_back(parameter);
    }
    if (text->empty() || text->front() != ']') return false;
    text->remove_prefix(1);
  }
  return true;
}

// What follows the version of RFC 5424.
bool ParseNew(std::string_view text, const SyslogClock& clock, SyslogMessage* message) {
  std::string_view time;
  if (!TakeWord(&text, &time) || !TakeWord(&text, &message->host) ||
      !TakeWord(&text, &message->app) || !TakeWord(&text, &message->process) ||
      !TakeWord(&text, &message->message_id)) {
    return false;
  }
  message->timestamp_text = time;
  if (!time.empty() && (!TakeIsoTimestamp(&time, clock, &message->timestamp) || !time.empty())) {
    return false;
  }
  if (text.empty()) return false;
  if (text.front() == '-') {
    text.remove_prefix(1);
  } else if (text.front() != '[' || !TakeStructuredData(&text, message)) {
    return false;
  }
  if (!text.empty()) {
    if (text.front() != ' ') return false;
    text.remove_prefix(1);
  }
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  message->text = text;
  return true;
}

bool IsTagByte(char c) {
  return IsLetterOrDigit(c) || c == '_' || c == '-' || c == '.' || c == '/' || c == '(' ||
         c == ')' || c == '@' || c == '%' || c == '+' || c == '#';
}

// Takes `name: `, `name[123]: ` or `name[123] ` off the front. Where a host may stand as well, the
// colon of a name without a process must have a blank behind it: `2001:db8::1` is no tag.
bool TakeTag(std::string_view* text, bool may_be_host, SyslogMessage* message) {
  size_t at = 0;
  while (at < text->size() && at <= kTagBytesMax && IsTagByte((*text)[at])) ++at;
  if (at == 0 || at > kTagBytesMax || at == text->size()) return false;
  std::string_view process;
  size_t end = at;
  if ((*text)[at] == '[') {
    const size_t close = text->substr(0, at + kTagBytesMax).find(']', at);
    if (close == std::string_view::npos) return false;
    process = text->substr(at + 1, close - at - 1);
    if (process.find(' ') != std::string_view::npos) return false;
    end = close + 1;
  }
  const bool colon = end < text->size() && (*text)[end] == ':';
  const bool blank = end < text->size() && (*text)[end] == ' ';
  if (!colon && (process.empty() || !blank)) return false;
  if (may_be_host && process.empty() && end + 1 < text->size() && (*text)[end + 1] != ' ') {
    return false;
  }
  message->app = text->substr(0, at);
  message->process = process;
  text->remove_prefix(end + 1);
  if (colon && !text->empty() && text->front() == ' ') text->remove_prefix(1);
  return true;
}

bool IsHost(std::string_view word) {
  if (word.empty() || word.size() > kHostBytesMax) return false;
  for (const char c : word) {
    if (!IsLetterOrDigit(c) && c != '.' && c != '-' && c != '_' && c != ':') return false;
  }
  return word.back() != ':';
}

// What follows the priority of RFC 3164.
void ParseOld(std::string_view text, const SyslogClock& clock, SyslogMessage* message) {
  const std::string_view begin = text;
  if (TakeBsdTimestamp(&text, clock, &message->timestamp) ||
      TakeIsoTimestamp(&text, clock, &message->timestamp)) {
    message->timestamp_text = begin.substr(0, begin.size() - text.size());
    if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    // A tag where the host should be: the message comes from the machine itself.
    if (!TakeTag(&text, true, message)) {
      std::string_view rest = text;
      std::string_view host;
      if (TakeWord(&rest, &host) && (host.empty() || IsHost(host))) {
        message->host = host;
        text = rest;
        TakeTag(&text, false, message);
      }
    }
  } else {
    TakeTag(&text, false, message);
  }
  message->text = text;
}

}  // namespace

void ParseSyslogMessage(std::string_view text, const SyslogClock& clock, SyslogMessage* message) {
  *message = SyslogMessage();
  std::string_view rest = text;
  if (!TakePriority(&rest, message)) {
    message->malformed = true;
    message->text = text;
    return;
  }
  if (rest.substr(0, 2) != "1 ") return ParseOld(rest, clock, message);
  const int facility = message->facility;
  const int severity = message->severity;
  if (ParseNew(rest.substr(2), clock, message)) return;
  *message = SyslogMessage();
  message->facility = facility;
  message->severity = severity;
  message->malformed = true;
  message->text = text;
}

std::string_view SyslogSeverityName(int severity) {
  constexpr std::array<std::string_view, 8> kNames = {
      "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"};
  return severity < 0 || severity > 7 ? std::string_view() : kNames[static_cast<size_t>(severity)];
}

std::string_view SyslogFacilityName(int facility) {
  constexpr std::array<std::string_view, 24> kNames = {
      "kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",     "news",
      "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "solaris-cron",
      "local0", "local1", "local2",   "local3", "local4", "local5",   "local6",  "local7"};
  return facility < 0 || facility > 23 ? std::string_view() : kNames[static_cast<size_t>(facility)];
}

std::string_view SyslogLevel(int severity) {
  constexpr std::array<std::string_view, 8> kLevels = {"fatal", "critical", "critical", "error",
                                                       "warn",  "info",     "info",     "debug"};
  return severity < 0 || severity > 7 ? std::string_view() : kLevels[static_cast<size_t>(severity)];
}

}  // namespace varve::ingest
