#include "server/logger.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

#include "server/json_writer.h"

namespace varve::server {
namespace {

constexpr uint64_t kLinesPerWindowMax = 10;
constexpr int64_t kWindowMs = 10'000;
constexpr size_t kRepeatsMax = 1'000;

constexpr std::array<std::string_view, 4> kLevelTexts = {"debug", "info", "warn", "error"};

std::string_view LevelText(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarn:
      return "WARN";
    case LogLevel::kError:
      return "ERROR";
  }
  return "INFO";
}

std::string TimeText() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  std::array<char, 40> text{};
  const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03ldZ", now.tv_nsec / 1'000'000 % 1000);
  return std::string(text.data(), length) + fraction.data();
}

int64_t SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Values that would be misread without quotes get them; line breaks never get through.
void AppendLogfmtValue(std::string_view value, std::string* out) {
  const bool plain = !value.empty() && value.find_first_of(" =\"\\") == std::string_view::npos &&
                     storage::Quote(value).size() == value.size() + 2;
  if (plain) {
    out->append(value);
  } else {
    *out += storage::Quote(value);
  }
}

void WriteStandardError(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written <= 0) return;  // nowhere left to complain to
    line.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

std::string_view LogLevelText(LogLevel level) { return kLevelTexts[static_cast<size_t>(level)]; }

std::optional<LogLevel> ParseLogLevel(std::string_view text) {
  const auto found = std::find(kLevelTexts.begin(), kLevelTexts.end(), text);
  if (found == kLevelTexts.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLevelTexts.begin());
}

Logger::Logger(LogLevel level, LogFormat format, Sink sink)
    : level_(level), format_(format), sink_(sink ? std::move(sink) : Sink(WriteStandardError)) {}

void Logger::Debug(std::string_view message, std::initializer_list<LogField> fields) {
  Log(LogLevel::kDebug, message, fields);
}
void Logger::Info(std::string_view message, std::initializer_list<LogField> fields) {
  Log(LogLevel::kInfo, message, fields);
}
void Logger::Warn(std::string_view message, std::initializer_list<LogField> fields) {
  Log(LogLevel::kWarn, message, fields);
}
void Logger::Error(std::string_view message, std::initializer_list<LogField> fields) {
  Log(LogLevel::kError, message, fields);
}

bool Logger::Admit(std::string_view message, uint64_t* held_back) {
  const int64_t now_ms = SteadyMs();
  storage::MutexLock lock(&mutex_);
  if (repeats_.size() >= kRepeatsMax) repeats_.clear();
  auto found = repeats_.find(message);
  if (found == repeats_.end()) found = repeats_.emplace(std::string(message), Repeats{}).first;
  Repeats& repeats = found->second;
  if (repeats.lines == 0 || now_ms - repeats.window_start_ms >= kWindowMs) {
    *held_back = repeats.held_back;
    repeats = {now_ms, 0, 0};
  }
  if (repeats.lines >= kLinesPerWindowMax) {
    ++repeats.held_back;
    return false;
  }
  ++repeats.lines;
  return true;
}

void Logger::Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < this->level()) return;
  uint64_t held_back = 0;
  if (!Admit(message, &held_back)) return;
  std::string line;
  if (format_ == LogFormat::kJson) {
    JsonWriter json(&line);
    json.BeginObject();
    json.Key("time");
    json.String(TimeText());
    json.Key("level");
    json.String(LevelText(level));
    json.Key("msg");
    json.String(message);
    for (const LogField& field : fields) {
      json.Key(field.key);
      json.String(field.value);
    }
    if (held_back > 0) {
      json.Key("held_back");
      json.Uint(held_back);
    }
    json.EndObject();
  } else {
    storage::StrAppend(&line, "time=", TimeText(), " level=", LevelText(level), " msg=");
    AppendLogfmtValue(message, &line);
    for (const LogField& field : fields) {
      storage::StrAppend(&line, " ", field.key, "=");
      AppendLogfmtValue(field.value, &line);
    }
    if (held_back > 0) storage::StrAppend(&line, " held_back=", held_back);
  }
  line.push_back('\n');
  sink_(line);
}

}  // namespace varve::server
