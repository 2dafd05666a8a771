#include "tools/transfer/log_text.h"

#include <algorithm>

#include "ingest/log_time.h"
#include "ingest/syslog_timestamp.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::tools {
namespace {

// No time that is written is longer; formats are tried on prefixes up to it.
constexpr size_t kTimeBytesMax = 48;
// Web servers put addresses and names in front of the time.
constexpr size_t kWebPrefixBytesMax = 256;

bool ParseFormat(const std::string& format, std::string_view text, absl::TimeZone zone,
                 int64_t* time_ns) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(format, storage::ToAbsl(text), zone, &time, &error)) return false;
  *time_ns = absl::ToUnixNanos(time);
  return true;
}

// A time in this format at the beginning, which ends at a blank or a bracket.
bool TakeFormat(const std::string& format, std::string_view text, absl::TimeZone zone,
                int64_t* time_ns) {
  const std::string_view window = text.substr(0, kTimeBytesMax);
  for (size_t end = 1; end <= window.size(); ++end) {
    const bool at_end = end == text.size() ||
                        std::string_view(" \t],;|)").find(text[end]) != std::string_view::npos ||
                        (text[end] == ':' && end + 1 < text.size() && text[end + 1] == ' ');
    if (at_end && ParseFormat(format, window.substr(0, end), zone, time_ns)) return true;
  }
  return false;
}

// `[26/Nov/2026:11:59:01 +0000]`
bool FindWebTime(std::string_view line, absl::TimeZone zone, int64_t* time_ns) {
  const std::string_view window = line.substr(0, kWebPrefixBytesMax);
  for (size_t at = window.find('['); at != std::string_view::npos; at = window.find('[', at + 1)) {
    const std::string_view inside = line.substr(at + 1, kTimeBytesMax);
    const size_t end = inside.find(']');
    if (end != std::string_view::npos &&
        ParseFormat("%d/%b/%Y:%H:%M:%E*S %z", inside.substr(0, end), zone, time_ns)) {
      return true;
    }
  }
  return false;
}

bool FindAnyTime(std::string_view line, const LogTextOptions& options, int64_t* time_ns) {
  std::string_view text = line;
  if (!text.empty() && text.front() == '<') {  // the priority of syslog
    const size_t end = text.substr(0, 5).find('>');
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  while (!text.empty() && (text.front() == '[' || text.front() == '(')) text.remove_prefix(1);
  if (text.empty()) return false;
  ingest::SyslogTimestamp found;
  const ingest::SyslogClock clock{options.now_ns, options.zone};
  std::string_view rest = text;
  if (ingest::TakeBsdTimestamp(&rest, clock, &found)) {
    *time_ns = found.time_ns;
    return true;
  }
  // A comma before milliseconds, a bracket or comma behind: the parser wants a blank there.
  if (text.size() > 4 && text[4] == '-') {
    std::string_view word = text.substr(0, text.find_first_of("])|", 5));
    for (size_t end : {word.find(' ', 11), word.find_first_of(" \t;", 11), word.size()}) {
      std::string_view candidate = word.substr(0, end);
      while (!candidate.empty() && (candidate.back() == ':' || candidate.back() == ',')) {
        candidate.remove_suffix(1);
      }
      if (ingest::TakeIsoTimestamp(&candidate, clock, &found) && candidate.empty()) {
        *time_ns = found.time_ns;
        return true;
      }
    }
  }
  if (TakeFormat("%Y/%m/%d %H:%M:%E*S", text, options.zone, time_ns)) return true;
  const std::string_view number = text.substr(0, text.find_first_of(" \t]:,;"));
  if (number.size() >= 10 && ingest::ParseLogTime(number, time_ns)) return true;
  return FindWebTime(line, options.zone, time_ns);
}

}  // namespace

bool FindLineTime(std::string_view line, const LogTextOptions& options, int64_t* time_ns) {
  if (options.time_format == "none") return false;
  if (options.time_format == "auto") return FindAnyTime(line, options, time_ns);
  return TakeFormat(options.time_format, line, options.zone, time_ns);
}

absl::StatusOr<bool> LogTextSource::Next(LogEntry* entry) {
  entry->metadata.clear();
  VARVE_ASSIGN_OR_RETURN(const bool is_there, lines_->Next(&entry->line));
  if (!is_there) return false;
  int64_t time_ns = 0;
  if (FindLineTime(entry->line, options_, &time_ns) && time_ns != time_ns_) {
    time_ns_ = time_ns;
    repeats_ = 0;
  }
  entry->timestamp_ns = time_ns_ + repeats_++;
  entry->labels = options_.labels;
  return true;
}

}  // namespace varve::tools
