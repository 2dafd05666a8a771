#include "server/process_stats.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

// jemalloc's, in the server; absent from tests and from builds with sanitizers.
extern "C" int mallctl(const char* name, void* old_value, size_t* old_length, void* new_value,
                       size_t new_length) __attribute__((weak));

namespace varve::server {
namespace {

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The number behind `key` in /proc/self/status; sizes there are in KiB.
uint64_t StatusField(const std::string& status, const std::string& key) {
  const size_t at = status.find("\n" + key + ":");
  if (at == std::string::npos) return 0;
  return std::strtoull(status.c_str() + at + key.size() + 2, nullptr, 10);
}

uint64_t CountOpenFiles() {
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  uint64_t entries = 0;
  while (::readdir(directory) != nullptr) ++entries;
  ::closedir(directory);
  return entries > 3 ? entries - 3 : 0;  // without ., .. and the directory itself
}

double BootTimeSeconds() {
  const std::string stat = ReadFile("/proc/stat");
  const size_t at = stat.find("\nbtime ");
  return at == std::string::npos ? 0 : std::strtod(stat.c_str() + at + 7, nullptr);
}

double StartTimeSeconds() {
  // Field 22 of /proc/self/stat; counted from the parenthesis that ends the name, field 2.
  const std::string stat = ReadFile("/proc/self/stat");
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  const double ticks = std::strtod(field.c_str(), nullptr);
  return BootTimeSeconds() + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

uint64_t AllocatedBytes() {
  if (mallctl == nullptr) return 0;
  uint64_t epoch = 1;
  size_t length = sizeof(epoch);
  mallctl("epoch", &epoch, &length, &epoch, length);  // brings the statistics up to date
  size_t allocated = 0;
  length = sizeof(allocated);
  return mallctl("stats.allocated", &allocated, &length, nullptr, 0) == 0 ? allocated : 0;
}

}  // namespace

ProcessStats ReadProcessStats() {
  static const double start_time_seconds = StartTimeSeconds();
  ProcessStats stats;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    stats.cpu_seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                        static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  }
  const std::string status = ReadFile("/proc/self/status");
  stats.start_time_seconds = start_time_seconds;
  stats.resident_bytes = StatusField(status, "VmRSS") * 1024;
  stats.anonymous_bytes = StatusField(status, "RssAnon") * 1024;
  stats.virtual_bytes = StatusField(status, "VmSize") * 1024;
  stats.threads = StatusField(status, "Threads");
  stats.open_fds = CountOpenFiles();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_fds = limit.rlim_cur;
  stats.allocated_bytes = AllocatedBytes();
  return stats;
}

}  // namespace varve::server
