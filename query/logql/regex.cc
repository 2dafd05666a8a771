#include "query/logql/regex.h"

#include <re2/re2.h>

#include <cstring>

#include "query/template/go_regex.h"

namespace varve::query {
namespace {

// Fewer bytes than this say too little about a line.
constexpr size_t kLiteralBytesMin = 2;

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

RE2::Options LineOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(32 << 20);
  return options;
}

bool IsMeta(char c) { return std::strchr(".+*?()|[]{}^$\\", c) != nullptr && c != '\0'; }
bool IsWordByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c & 0x80) != 0;
}

// Collects the literal runs of an expression, top level only.
class LiteralScan {
 public:
  explicit LiteralScan(std::string_view pattern) : pattern_(pattern) {}

  std::string Longest() {
    // Flags change what a literal means; an alternation has no literal of its own.
    if (pattern_.find("(?") != pattern_.npos) return "";
    if (pattern_.find("\\Q") != pattern_.npos) return "";
    for (size_t i = 0; i < pattern_.size();) {
      const char c = pattern_[i];
      if (c == '|') return "";
      if (c == '(') {
        EndRun();
        i = SkipGroup(i);
      } else if (c == '[') {
        EndRun();
        i = SkipClass(i);
      } else if (c == '*' || c == '?' || c == '{') {
        DropLast();
        EndRun();
        i = c == '{' ? SkipRepeat(i) : i + 1;
      } else if (c == '+') {
        EndRun();
        ++i;
      } else if (c == '\\' && i + 1 < pattern_.size() && !IsWordByte(pattern_[i + 1])) {
        run_.push_back(pattern_[i + 1]);
        i += 2;
      } else if (c == '\\') {
        // A class or an assertion, or a character with digits behind it: read no further.
        EndRun();
        constexpr std::string_view kKnown = "dDwWsSbBAz";
        if (kKnown.find(pattern_.substr(i + 1, 1)) == kKnown.npos) {
          return best_;
        }
        i += 2;
      } else if (IsMeta(c)) {
        EndRun();
        ++i;
      } else {
        run_.push_back(c);
        ++i;
      }
    }
    EndRun();
    return best_;
  }

 private:
  void EndRun() {
    if (run_.size() > best_.size()) best_ = run_;
    run_.clear();
  }
  void DropLast() {
    const auto is_tail = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
    while (!run_.empty() && is_tail(run_.back())) run_.pop_back();
    if (!run_.empty()) run_.pop_back();
  }
  size_t SkipClass(size_t i) const {
    size_t j = i + 1;
    if (j < pattern_.size() && pattern_[j] == '^') ++j;
    if (j < pattern_.size() && pattern_[j] == ']') ++j;
    while (j < pattern_.size() && pattern_[j] != ']') {
      if (pattern_[j] == '[' && j + 1 < pattern_.size() && pattern_[j + 1] == ':') {
        const size_t end = pattern_.find(":]", j + 2);
        if (end != pattern_.npos) j = end + 1;
      } else if (pattern_[j] == '\\') {
        ++j;
      }
      ++j;
    }
    return j + 1;
  }
  size_t SkipGroup(size_t i) const {
    int depth = 0;
    while (i < pattern_.size()) {
      const char c = pattern_[i];
      if (c == '\\') {
        i += 2;
        continue;
      }
      if (c == '[') {
        i = SkipClass(i);
        continue;
      }
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0) return i + 1;
      ++i;
    }
    return i;
  }
  size_t SkipRepeat(size_t i) const {
    const size_t end = pattern_.find('}', i);
    return end == pattern_.npos ? pattern_.size() : end + 1;
  }

  std::string_view pattern_;
  std::string run_;
  std::string best_;
};

bool ContainsText(std::string_view line, std::string_view text) {
  return memmem(line.data(), line.size(), text.data(), text.size()) != nullptr;
}

}  // namespace

std::string RequiredLiteral(std::string_view pattern) { return LiteralScan(pattern).Longest(); }

absl::StatusOr<LineRegex> LineRegex::Create(std::string_view pattern) {
  LineRegex result;
  auto regex = std::make_shared<RE2>(Piece(pattern), LineOptions());
  if (!regex->ok()) return absl::InvalidArgumentError(RegexError(pattern));
  result.regex_ = std::move(regex);
  result.literal_ = RequiredLiteral(pattern);
  result.literal_only_ = result.literal_ == pattern;
  if (!result.literal_only_ && result.literal_.size() < kLiteralBytesMin) result.literal_.clear();
  if (pattern.starts_with("(?i)") && pattern.size() > 4) {
    std::string lower;
    for (const char c : pattern.substr(4)) {
      if (IsMeta(c) || (c & 0x80) != 0) return result;
      lower.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
      // Unicode folds the Kelvin sign to k and the long s to s.
      if (lower.back() == 'k' || lower.back() == 's') result.folds_beyond_ascii_ = true;
    }
    const char first = lower[0];
    result.folded_first_ = first;
    if (first >= 'a' && first <= 'z') result.folded_first_.push_back(static_cast<char>(first - 32));
    result.folded_lower_ = std::move(lower);
  }
  return result;
}

bool LineRegex::MatchesFolded(std::string_view line) const {
  const size_t size = folded_lower_.size();
  if (line.size() >= size) {
    const size_t last = line.size() - size;
    for (const char first : folded_first_) {
      for (size_t at = 0; at <= last; ++at) {
        const void* found = std::memchr(line.data() + at, first, last - at + 1);
        if (found == nullptr) break;
        at = static_cast<size_t>(static_cast<const char*>(found) - line.data());
        size_t i = 1;
        while (i < size) {
          const char c = line[at + i];
          if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != folded_lower_[i]) break;
          ++i;
        }
        if (i == size) return true;
      }
    }
  }
  if (!folds_beyond_ascii_) return false;
  for (const char c : line) {
    if ((c & 0x80) != 0) return RE2::PartialMatch(Piece(line), *regex_);
  }
  return false;
}

bool LineRegex::Matches(std::string_view line) const {
  if (!literal_.empty()) {
    if (!ContainsText(line, literal_)) return false;
    if (literal_only_) return true;
  }
  if (!folded_lower_.empty()) return MatchesFolded(line);
  return RE2::PartialMatch(Piece(line), *regex_);
}

}  // namespace varve::query
