#include "ingest/log_level.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cstdint>
#include <cstring>

namespace varve::ingest {
namespace {

constexpr std::string_view kUnknownLevel = "unknown";
// Lines are scanned this far: a level stands near the front, and ingest must stay cheap.
constexpr size_t kScanBytesMax = 2048;
constexpr int kJsonDepthMax = 2;

constexpr std::array<std::string_view, 13> kServiceLabels = {"service",
                                                             "app",
                                                             "application",
                                                             "app_name",
                                                             "name",
                                                             "app_kubernetes_io_name",
                                                             "container",
                                                             "container_name",
                                                             "k8s_container_name",
                                                             "component",
                                                             "workload",
                                                             "job",
                                                             "k8s_job_name"};

constexpr std::array<std::string_view, 12> kLevelLabels = {
    "level",    "LEVEL",        "Level", "log.level", "severity", "SEVERITY",
    "Severity", "SeverityText", "lvl",   "LVL",       "Lvl",      "severity_text"};

struct LevelWord {
  std::string_view word;  // lower case
  std::string_view level;
};
constexpr std::array<LevelWord, 19> kLevelWords = {{
    {"trace", "trace"},   {"trc", "trace"},   {"debug", "debug"},      {"dbg", "debug"},
    {"info", "info"},     {"inf", "info"},    {"information", "info"}, {"informational", "info"},
    {"notice", "info"},   {"warn", "warn"},   {"warning", "warn"},     {"wrn", "warn"},
    {"error", "error"},   {"err", "error"},   {"eror", "error"},       {"critical", "critical"},
    {"crit", "critical"}, {"fatal", "fatal"}, {"emerg", "fatal"},
}};

constexpr size_t kLevelWordBytesMin = 3;
constexpr size_t kLevelWordBytesMax = 13;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsWordByte(char c) { return IsLetter(c) || (c >= '0' && c <= '9') || c == '_'; }

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (Lower(text[i]) != lower[i]) return false;
  }
  return true;
}

// Which two letters, in either case, a level begins with: a bit for each second letter by the
// first.
constexpr std::array<uint32_t, 32> MakeBeginnings() {
  std::array<uint32_t, 32> beginnings{};
  for (const LevelWord& known : kLevelWords) {
    beginnings[known.word[0] & 31] |= 1U << (known.word[1] & 31);
  }
  return beginnings;
}
constexpr std::array<uint32_t, 32> kBeginnings = MakeBeginnings();

// Whether a word may stand for a level, told by its first two bytes: nearly every word ends here.
bool MayBeLevel(const char* word) { return (kBeginnings[word[0] & 31] >> (word[1] & 31) & 1) != 0; }

// The level a word stands for; empty where it stands for none.
std::string_view LevelOfWord(std::string_view word) {
  if (word.size() < kLevelWordBytesMin || word.size() > kLevelWordBytesMax) return {};
  if (!MayBeLevel(word.data())) return {};
  for (const LevelWord& known : kLevelWords) {
    if (EqualsIgnoringCase(word, known.word)) return known.level;
  }
  return {};
}

// Bit i is set where text[i] is a word's byte. REQUIRES: 16 readable bytes.
uint32_t WordBits16(const char* text) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  const auto is_within = [](__m128i values, char first, char count) {
    const __m128i above = _mm_sub_epi8(values, _mm_set1_epi8(first));
    const __m128i last = _mm_set1_epi8(static_cast<char>(count - 1));
    return _mm_cmpeq_epi8(_mm_min_epu8(above, last), above);
  };
  const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
  const __m128i underscores = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_'));
  const __m128i others = _mm_or_si128(is_within(bytes, '0', 10), underscores);
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(is_within(lower, 'a', 26), others)));
}

bool IsLevelKey(std::string_view key) {
  return key.size() >= 3 &&
         std::find(kLevelLabels.begin(), kLevelLabels.end(), key) != kLevelLabels.end();
}

// Looks for `"level": "error"` in the first levels of a JSON object. It does not validate: a line
// that only looks like JSON is still a line.
std::string_view LevelInJson(std::string_view line) {
  int depth = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '{') ++depth;
    if (line[i] == '}') --depth;
    if (line[i] != '"') continue;
    const size_t begin = ++i;
    while (i < line.size() && line[i] != '"') i += line[i] == '\\' ? 2 : 1;
    if (i >= line.size()) return {};
    const std::string_view key = line.substr(begin, i - begin);
    if (depth > kJsonDepthMax || !IsLevelKey(key)) continue;
    size_t at = i + 1;
    while (at < line.size() && line[at] == ' ') ++at;
    if (at >= line.size() || line[at] != ':') continue;
    do ++at;
    while (at < line.size() && line[at] == ' ');
    if (at >= line.size() || line[at] != '"') continue;
    const size_t end = line.find('"', at + 1);
    if (end == std::string_view::npos) return {};
    if (const std::string_view level = LevelOfWord(line.substr(at + 1, end - at - 1));
        !level.empty()) {
      return level;
    }
  }
  return {};
}

std::string_view LevelInLogfmt(std::string_view line) {
  for (size_t equals = line.find('='); equals != std::string_view::npos;
       equals = line.find('=', equals + 1)) {
    size_t begin = equals;
    while (begin > 0 && (IsWordByte(line[begin - 1]) || line[begin - 1] == '.')) --begin;
    if (!IsLevelKey(line.substr(begin, equals - begin))) continue;
    size_t at = equals + 1;
    if (at < line.size() && line[at] == '"') ++at;
    size_t end = at;
    while (end < line.size() && IsLetter(line[end])) ++end;
    if (const std::string_view level = LevelOfWord(line.substr(at, end - at)); !level.empty()) {
      return level;
    }
  }
  return {};
}

std::string_view FirstLevelWord(std::string_view line) {
  constexpr size_t kStep = 16;
  uint32_t word_before = 0;  // 1 where the byte before is a word's
  for (size_t base = 0; base < line.size(); base += kStep) {
    char padded[kStep] = {};
    const char* text = line.data() + base;
    if (line.size() - base < kStep) {
      std::memcpy(padded, text, line.size() - base);
      text = padded;
    }
    const uint32_t words = WordBits16(text);
    uint32_t begins = words & ~(words << 1 | word_before);
    word_before = words >> (kStep - 1) & 1;
    for (; begins != 0; begins &= begins - 1) {
      const size_t begin = base + static_cast<size_t>(std::countr_zero(begins));
      if (line.size() - begin < kLevelWordBytesMin || !MayBeLevel(line.data() + begin)) continue;
      size_t end = begin;
      while (end < line.size() && IsWordByte(line[end])) ++end;
      if (const std::string_view level = LevelOfWord(line.substr(begin, end - begin));
          !level.empty()) {
        return level;
      }
    }
  }
  return {};
}

std::string_view LevelInLabels(storage::LabelSetView labels) {
  for (const storage::LabelView& label : labels) {
    if (!IsLevelKey(label.name)) continue;
    if (const std::string_view level = LevelOfWord(label.value); !level.empty()) return level;
  }
  return {};
}

}  // namespace

std::string_view DetectLevel(storage::LabelSetView stream, storage::LabelSetView metadata,
                             std::string_view line) {
  if (const std::string_view level = LevelInLabels(metadata); !level.empty()) return level;
  if (const std::string_view level = LevelInLabels(stream); !level.empty()) return level;
  line = line.substr(0, kScanBytesMax);
  if (const size_t first = line.find_first_not_of(' ');
      first != std::string_view::npos && line[first] == '{') {
    if (const std::string_view level = LevelInJson(line); !level.empty()) return level;
  } else if (const std::string_view level = LevelInLogfmt(line); !level.empty()) {
    return level;
  }
  const std::string_view level = FirstLevelWord(line);
  return level.empty() ? kUnknownLevel : level;
}

std::string_view DiscoverServiceName(storage::LabelSetView stream) {
  for (const std::string_view name : kServiceLabels) {
    if (const std::string_view value = stream.Get(name); !value.empty()) return value;
  }
  return kUnknownService;
}

}  // namespace varve::ingest
