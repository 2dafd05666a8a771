#include "server/search_score.h"

#include <algorithm>
#include <vector>

namespace varve::server {
namespace {

// The characters of UTF-8 text; a byte that is none stands for itself.
std::vector<std::string_view> CharactersOf(std::string_view text) {
  std::vector<std::string_view> characters;
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    while (end < text.size() && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) ++end;
    characters.push_back(text.substr(i, end - i));
    i = end;
  }
  return characters;
}

// The score of one way to match before it is divided; negative for no match.
double RawScore(const std::vector<std::string_view>& pattern,
                const std::vector<std::string_view>& text, size_t start) {
  const auto n = static_cast<double>(text.size());
  double score = 0;
  size_t at = start;
  size_t last_end = 0;  // behind the last run
  for (size_t next = 0; next < pattern.size();) {
    while (at < text.size() && text[at] != pattern[next]) ++at;
    if (at == text.size()) return -1;
    const size_t begin = at;
    while (next < pattern.size() && at < text.size() && text[at] == pattern[next]) ++at, ++next;
    const auto run = static_cast<double>(at - begin);
    score += run * run - static_cast<double>(begin - last_end) / n;
    last_end = at;
  }
  return std::max(0.0, score - static_cast<double>(text.size() - last_end) / (2 * n));
}

}  // namespace

double SubsequenceScore(std::string_view pattern, std::string_view text) {
  if (pattern.empty() || pattern == text) return 1;
  const std::vector<std::string_view> wanted = CharactersOf(pattern);
  const std::vector<std::string_view> given = CharactersOf(text);
  double best = -1;
  for (size_t start = 0; start + wanted.size() <= given.size(); ++start) {
    if (given[start] != wanted[0]) continue;
    const double score = RawScore(wanted, given, start);
    if (score < 0) break;  // nor does it match from any later place
    best = std::max(best, score);
  }
  if (best < 0) return 0;
  return std::min(1.0, best / static_cast<double>(wanted.size() * wanted.size()));
}

double JaroWinklerScore(std::string_view a, std::string_view b) {
  if (a == b) return 1;
  const std::vector<std::string_view> left = CharactersOf(a);
  const std::vector<std::string_view> right = CharactersOf(b);
  if (left.empty() || right.empty()) return 0;
  const size_t longer = std::max(left.size(), right.size());
  const size_t window = longer / 2 > 0 ? longer / 2 - 1 : 0;
  std::vector<bool> used(right.size());
  std::vector<size_t> matches;  // of the left side
  for (size_t i = 0; i < left.size(); ++i) {
    const size_t begin = i > window ? i - window : 0;
    const size_t end = std::min(right.size(), i + window + 1);
    for (size_t j = begin; j < end; ++j) {
      if (used[j] || left[i] != right[j]) continue;
      used[j] = true;
      matches.push_back(i);
      break;
    }
  }
  if (matches.empty()) return 0;
  size_t transposed = 0;
  for (size_t i = 0, j = 0; i < matches.size(); ++i, ++j) {
    while (!used[j]) ++j;
    if (left[matches[i]] != right[j]) ++transposed;
  }
  const auto m = static_cast<double>(matches.size());
  const double jaro =
      (m / static_cast<double>(left.size()) + m / static_cast<double>(right.size()) +
       (m - static_cast<double>(transposed) / 2) / m) /
      3;
  constexpr size_t kPrefixMax = 4;
  constexpr double kPrefixWeight = 0.1;
  size_t prefix = 0;
  while (prefix < std::min({kPrefixMax, left.size(), right.size()}) &&
         left[prefix] == right[prefix]) {
    ++prefix;
  }
  return jaro + static_cast<double>(prefix) * kPrefixWeight * (1 - jaro);
}

}  // namespace varve::server
