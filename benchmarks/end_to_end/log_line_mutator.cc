#include "benchmarks/end_to_end/log_line_mutator.h"

#include <algorithm>
#include <cstdio>

namespace varve::benchmarks {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr size_t kIdentifierBytesMin = 6;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsHexLetter(char c) { return c >= 'a' && c <= 'f'; }

// "hh:mm:ss" at the front of `text`.
bool BeginsWithClock(std::string_view text) {
  if (text.size() < 8) return false;
  for (size_t i = 0; i < 8; ++i) {
    if (i == 2 || i == 5 ? text[i] != ':' : !IsDigit(text[i])) return false;
  }
  return text.size() == 8 || !IsDigit(text[8]);
}

}  // namespace

void LogLineMutator::Append(std::string_view sample, int64_t timestamp_ns, std::string* out) {
  for (size_t i = 0; i < sample.size();) {
    if (BeginsWithClock(sample.substr(i)) && (i == 0 || !IsDigit(sample[i - 1]))) {
      AppendClock(timestamp_ns, out);
      i += 8;
      continue;
    }
    size_t end = i;
    while (end < sample.size() && (IsDigit(sample[end]) || IsLetter(sample[end]))) ++end;
    if (end == i) {
      out->push_back(sample[i++]);
      continue;
    }
    AppendWord(sample.substr(i, end - i), out);
    i = end;
  }
}

void LogLineMutator::AppendWord(std::string_view word, std::string* out) {
  const auto digits = static_cast<size_t>(std::count_if(word.begin(), word.end(), IsDigit));
  const bool is_hex = std::all_of(word.begin(), word.end(),
                                  [](char c) { return IsDigit(c) || IsHexLetter(c); });
  if (is_hex && digits > 0 && digits < word.size() && word.size() >= kIdentifierBytesMin - 2) {
    AppendRandom(word.size(), kHexDigits, out);
    return;
  }
  for (size_t i = 0; i < word.size();) {
    size_t end = i;
    while (end < word.size() && IsDigit(word[end])) ++end;
    if (end == i) {
      out->push_back(word[i++]);
      continue;
    }
    const size_t count = end - i;
    if (count >= 3) {
      // The first digit stays where it is one of a short number: magnitudes are typical of a field.
      size_t kept = count >= kIdentifierBytesMin ? count / 4 : 1;
      out->append(word.substr(i, kept));
      AppendRandom(count - kept, kDigits, out);
    } else {
      out->append(word.substr(i, count));
    }
    i = end;
  }
}

void LogLineMutator::AppendClock(int64_t timestamp_ns, std::string* out) {
  const int64_t seconds = timestamp_ns / 1'000'000'000 % 86'400;
  char text[16];
  std::snprintf(text, sizeof(text), "%02d:%02d:%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  out->append(text);
}

void LogLineMutator::AppendRandom(size_t count, std::string_view alphabet, std::string* out) {
  for (size_t i = 0; i < count; ++i) out->push_back(alphabet[Below(alphabet.size())]);
}

}  // namespace varve::benchmarks
