// Logger: one line per event on standard error, logfmt or JSON, repeats held back.
//
//   time=2026-11-21T05:29:34.000Z level=INFO msg=listening address=127.0.0.1:8278
//
// Threads:  thread-safe.
#ifndef SERVER_LOGGER_H_
#define SERVER_LOGGER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "storage/model/mutex.h"
#include "storage/model/text.h"

namespace varve::server {

// An operator must act on errors; warnings say that something is degraded; info is the life cycle.
enum class LogLevel { kDebug, kInfo, kWarn, kError };
// debug, info, warn, error.
std::string_view LogLevelText(LogLevel level);
std::optional<LogLevel> ParseLogLevel(std::string_view text);
enum class LogFormat { kLogfmt, kJson };

struct LogField {
  std::string_view key;
  std::string value;
};

class Logger {
 public:
  using Sink = std::function<void(std::string_view line)>;

  // `sink` is for tests; nullptr: standard error.
  Logger(LogLevel level, LogFormat format, Sink sink = nullptr);

  LogLevel level() const { return level_.load(std::memory_order_relaxed); }
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  // Whether lines of this level are written at all: worth asking before costly fields are made.
  bool Writes(LogLevel wanted) const { return wanted >= level(); }

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {});
  void Info(std::string_view message, std::initializer_list<LogField> fields = {});
  void Warn(std::string_view message, std::initializer_list<LogField> fields = {});
  void Error(std::string_view message, std::initializer_list<LogField> fields = {});

 private:
  void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);
  // Whether a line with this message may be written now; `*held_back`: how many were not.
  bool Admit(std::string_view message, uint64_t* held_back);

  // Of one message text at most this many lines a window are written.
  struct Repeats {
    int64_t window_start_ms = 0;
    uint64_t lines = 0;
    uint64_t held_back = 0;
  };

  std::atomic<LogLevel> level_;
  const LogFormat format_;
  const Sink sink_;
  storage::Mutex mutex_;
  storage::StringMap<Repeats> repeats_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace varve::server

#endif  // SERVER_LOGGER_H_
