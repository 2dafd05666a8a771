#include "storage/logs/line_search.h"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

namespace varve::storage {
namespace {

constexpr size_t kLane = 32;
// Candidates that fail cost up to the needle's length each. When they have cost this much more than
// the text passed, the needle repeats itself and the linear search takes over.
constexpr size_t kWastePerByteMax = 4;
constexpr size_t kWasteMin = 16 << 10;

// The first occurrence at or after `from`; kNone where there is none, and then *gave_up_at may say
// from where on the linear search has to look. REQUIRES: needle.size() >= 2.
__attribute__((target("avx2"))) size_t FindAvx2(std::string_view text, std::string_view needle,
                                                size_t from, size_t* gave_up_at) {
  size_t wasted = 0;
  const size_t length = needle.size();
  if (text.size() < length || from > text.size() - length) return LineSearch::kNone;
  const size_t places_end = text.size() - length + 1;  // the needle may begin in [from, places_end)
  const char* const data = text.data();
  const __m256i first = _mm256_set1_epi8(needle.front());
  const __m256i last = _mm256_set1_epi8(needle.back());
  size_t at = from;
  while (at < places_end) {
    uint32_t skip = 0;  // places below `at` that an overlapping last vector repeats
    size_t base = at;
    if (places_end - at < kLane) {
      if (places_end < kLane) {
        for (; at < places_end; ++at) {
          if (data[at] == needle.front() && std::memcmp(data + at, needle.data(), length) == 0) {
            return at;
          }
        }
        return LineSearch::kNone;
      }
      base = places_end - kLane;
      skip = static_cast<uint32_t>(at - base);
    }
    const __m256i begins = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + base));
    const __m256i ends =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + base + length - 1));
    const __m256i both =
        _mm256_and_si256(_mm256_cmpeq_epi8(begins, first), _mm256_cmpeq_epi8(ends, last));
    auto bits = static_cast<uint32_t>(_mm256_movemask_epi8(both)) & (~uint32_t{0} << skip);
    while (bits != 0) {
      const size_t place = base + static_cast<size_t>(__builtin_ctz(bits));
      if (std::memcmp(data + place + 1, needle.data() + 1, length - 2) == 0) return place;
      bits &= bits - 1;
      wasted += length;
    }
    at = base + kLane;
    if (wasted > kWasteMin && wasted > (at - from) * kWastePerByteMax) {
      *gave_up_at = at;
      return LineSearch::kNone;
    }
  }
  return LineSearch::kNone;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

// As FindAvx2 for a needle in lower case whose letters stand for both. Bytes that are letters but
// for bit 5 ("[" and "{") pass the vectors and fail the comparison.
__attribute__((target("avx2"))) size_t FindFoldedAvx2(std::string_view text,
                                                      std::string_view needle, size_t from) {
  const size_t length = needle.size();
  if (text.size() < length || from > text.size() - length) return LineSearch::kNone;
  const size_t places_end = text.size() - length + 1;
  const char* const data = text.data();
  const auto equal = [&](size_t place) {
    for (size_t i = 0; i < length; ++i) {
      if (Lower(data[place + i]) != needle[i]) return false;
    }
    return true;
  };
  const __m256i first = _mm256_set1_epi8(needle.front());
  const __m256i last = _mm256_set1_epi8(needle.back());
  const __m256i first_case = _mm256_set1_epi8(IsLower(needle.front()) ? 0x20 : 0);
  const __m256i last_case = _mm256_set1_epi8(IsLower(needle.back()) ? 0x20 : 0);
  size_t at = from;
  for (; at + kLane <= places_end; at += kLane) {
    const __m256i begins = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + at));
    const __m256i ends =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + at + length - 1));
    const __m256i both =
        _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_or_si256(begins, first_case), first),
                         _mm256_cmpeq_epi8(_mm256_or_si256(ends, last_case), last));
    auto bits = static_cast<uint32_t>(_mm256_movemask_epi8(both));
    while (bits != 0) {
      const size_t place = at + static_cast<size_t>(__builtin_ctz(bits));
      if (equal(place)) return place;
      bits &= bits - 1;
    }
  }
  for (; at < places_end; ++at) {
    if (equal(at)) return at;
  }
  return LineSearch::kNone;
}

// The characters beyond ASCII that fold to k and s.
constexpr std::string_view kKelvinSign = "\xe2\x84\xaa";
constexpr std::string_view kLongS = "\xc5\xbf";

}  // namespace

LineSearch::LineSearch(std::string_view needle, LetterCase letters)
    : needle_(needle), letters_(letters), avx2_(__builtin_cpu_supports("avx2") != 0) {
  if (letters == LetterCase::kExact) return;
  std::transform(needle_.begin(), needle_.end(), needle_.begin(), Lower);
  has_folded_letters_ = needle_.find_first_of("ks") != std::string::npos;
}

bool LineSearch::HasFoldedLetters(std::string_view text) const {
  return has_folded_letters_ && (text.find(kLongS) != std::string_view::npos ||
                                 text.find(kKelvinSign) != std::string_view::npos);
}

size_t LineSearch::MatchFolded(std::string_view text, size_t at) const {
  const size_t begin = at;
  for (const char c : needle_) {
    const std::string_view rest = text.substr(std::min(at, text.size()));
    if (!rest.empty() && Lower(rest[0]) == c) {
      ++at;
    } else if (c == 's' && rest.substr(0, kLongS.size()) == kLongS) {
      at += kLongS.size();
    } else if (c == 'k' && rest.substr(0, kKelvinSign.size()) == kKelvinSign) {
      at += kKelvinSign.size();
    } else {
      return 0;
    }
  }
  return at - begin;
}

size_t LineSearch::FindFolded(std::string_view text, size_t from) const {
  if (from > text.size()) return kNone;
  if (HasFoldedLetters(text.substr(from))) {
    for (size_t at = from; at < text.size(); ++at) {
      if (MatchFolded(text, at) != 0) return at;
    }
    return kNone;
  }
  if (avx2_ && needle_.size() >= 2) return FindFoldedAvx2(text, needle_, from);
  return FindScalar(text, from);
}

size_t LineSearch::FindScalar(std::string_view text, size_t from) const {
  if (from > text.size()) return kNone;
  if (needle_.empty()) return from;
  if (text.size() - from < needle_.size()) return kNone;
  if (folds()) {
    const auto found =
        std::search(text.begin() + static_cast<ptrdiff_t>(from), text.end(), needle_.begin(),
                    needle_.end(), [](char a, char b) { return Lower(a) == b; });
    return found == text.end() ? kNone : static_cast<size_t>(found - text.begin());
  }
  const void* hit = memmem(text.data() + from, text.size() - from, needle_.data(), needle_.size());
  return hit == nullptr ? kNone : static_cast<size_t>(static_cast<const char*>(hit) - text.data());
}

size_t LineSearch::Find(std::string_view text, size_t from) const {
  if (folds() && !needle_.empty()) return FindFolded(text, from);
  if (!avx2_ || needle_.empty()) return FindScalar(text, from);
  if (needle_.size() == 1) {
    if (from >= text.size()) return kNone;
    const void* hit = std::memchr(text.data() + from, needle_[0], text.size() - from);
    return hit == nullptr ? kNone
                          : static_cast<size_t>(static_cast<const char*>(hit) - text.data());
  }
  size_t gave_up_at = kNone;
  const size_t found = FindAvx2(text, needle_, from, &gave_up_at);
  return gave_up_at == kNone ? found : FindScalar(text, gave_up_at);
}

void LineSearch::FindLines(std::string_view text, std::span<const uint32_t> offsets,
                           std::vector<uint32_t>* lines) const {
  if (offsets.size() < 2) return;
  const auto line_count = static_cast<uint32_t>(offsets.size() - 1);
  if (needle_.empty()) {
    for (uint32_t i = 0; i < line_count; ++i) lines->push_back(i);
    return;
  }
  text = text.substr(0, offsets.back());
  uint32_t line = 0;
  size_t at = Find(text, offsets.front());
  while (at != kNone) {
    // The line that holds `at`: near by when hits are dense, else by halving.
    uint32_t ahead = 0;
    while (ahead < 8 && offsets[line + 1] <= at) {
      ++line;
      ++ahead;
    }
    if (offsets[line + 1] <= at) {
      const auto border = std::upper_bound(offsets.begin() + line + 1, offsets.end(), at);
      line = static_cast<uint32_t>(border - offsets.begin()) - 1;
    }
    if (at + MatchBytes(text, at) <= offsets[line + 1]) {
      lines->push_back(line);
      at = Find(text, offsets[line + 1]);
      if (++line == line_count) return;
    } else {
      at = Find(text, at + 1);
    }
  }
}

}  // namespace varve::storage
