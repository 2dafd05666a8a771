#include "storage/logs/line_lexer.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace varve::storage {
namespace {

enum ByteClass : uint8_t {
  kOther = 0,
  kDigit = 1,
  kLowerHex = 2,
  kUpperHex = 4,
  kLetter = 8,
};

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (int c = '0'; c <= '9'; ++c) classes[static_cast<size_t>(c)] = kDigit;
  for (int c = 'a'; c <= 'z'; ++c) classes[static_cast<size_t>(c)] = c <= 'f' ? kLowerHex : kLetter;
  for (int c = 'A'; c <= 'Z'; ++c) classes[static_cast<size_t>(c)] = c <= 'F' ? kUpperHex : kLetter;
  return classes;
}
constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

uint8_t ClassOf(char c) { return kClasses[static_cast<uint8_t>(c)]; }
bool IsDigit(char c) { return ClassOf(c) == kDigit; }
bool IsWord(char c) { return ClassOf(c) != kOther; }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }

constexpr size_t kClockBytes = 8;
constexpr size_t kUuidBytes = 36;
constexpr size_t kDecimalDigitsMax = 18;
// A word that changes between letters and digits more often is a name, not a number with a unit.
constexpr int kWordChangesMax = 3;
// A JSON string with more pieces than this is one slot.
constexpr size_t kStringPiecesMax = 12;

// Whether a piece of a JSON string ends in a backslash that escapes what follows.
bool EndsInEscape(std::string_view piece) {
  const size_t other = piece.find_last_not_of('\\');
  const size_t backslashes = piece.size() - (other == piece.npos ? 0 : other + 1);
  return backslashes % 2 == 1;
}

// Where the digits that begin at `at` end.
size_t SkipDigits(std::string_view line, size_t at, size_t limit) {
  while (at < limit && IsDigit(line[at])) ++at;
  return at;
}

}  // namespace

void LineLexer::Split(std::string_view line, WordMode words) {
  line_ = line;
  at_ = 0;
  text_is_slot_ = false;
  words_are_slots_ = words == WordMode::kSlots;
  pattern_.clear();
  values_.clear();
  if (line.size() <= kSplitLineBytesMax) {
    if (line.size() >= 2 && line.front() == '{' && line.back() == '}') {
      SplitJson();
    } else {
      SplitPlain(line.size());
      Text(line.size());
    }
    if (values_.size() <= kTemplateSlotsMax && pattern_.size() <= kTemplatePatternBytesMax) return;
  }
  pattern_ = kWholeLinePattern;
  values_.assign(1, line);
}

void LineLexer::SplitPlain(size_t end) {
  size_t scan = at_;
  while (true) {
    while (scan < end && !IsDigit(line_[scan])) ++scan;
    if (scan == end) return;
    size_t begin = scan;
    while (begin > at_ && IsWord(line_[begin - 1])) --begin;
    size_t word_end = scan + 1;
    while (word_end < end && IsWord(line_[word_end])) ++word_end;
    TakeWord(begin, word_end, end);
    scan = std::max(at_, word_end);
  }
}

void LineLexer::TakeWord(size_t begin, size_t end, size_t limit) {
  uint8_t classes = 0;
  for (size_t i = begin; i < end; ++i) classes |= ClassOf(line_[i]);
  const size_t length = end - begin;
  if (classes == kDigit) {
    if (length == 2 && TakeClock(begin, limit)) return;
    if (length <= 3 && TakeIp(begin, limit)) return;
    if (length < kDecimalDigitsMax && TakeDecimal(begin, end, limit)) return;
  }
  if (length == 8 && (classes & ~(kDigit | kLowerHex)) == 0 && TakeUuid(begin, limit)) return;
  const bool one_case =
      (classes & ~(kDigit | kLowerHex)) == 0 || (classes & ~(kDigit | kUpperHex)) == 0;
  if (one_case) {
    Text(begin);
    Slot(SlotType::kNumber, end);
    return;
  }
  TakeMixedWord(begin, end);
}

bool LineLexer::TakeClock(size_t begin, size_t limit) {
  if (limit - begin < kClockBytes || (begin > 0 && line_[begin - 1] == ':')) return false;
  const char* const text = line_.data() + begin;
  if (text[2] != ':' || text[5] != ':' || text[0] > '2' || (text[0] == '2' && text[1] > '3') ||
      text[3] > '5' || text[6] > '5' || !IsDigit(text[3]) || !IsDigit(text[4]) ||
      !IsDigit(text[6]) || !IsDigit(text[7])) {
    return false;
  }
  if (limit - begin > kClockBytes && IsDigit(text[kClockBytes])) return false;
  Text(begin);
  Slot(SlotType::kClock, begin + kClockBytes);
  return true;
}

bool LineLexer::TakeUuid(size_t begin, size_t limit) {
  if (limit - begin < kUuidBytes) return false;
  for (size_t i = 0; i < kUuidBytes; ++i) {
    const char c = line_[begin + i];
    if (i == 8 || i == 13 || i == 18 || i == 23 ? c != '-'
                                                : (ClassOf(c) & (kDigit | kLowerHex)) == 0) {
      return false;
    }
  }
  if (limit - begin > kUuidBytes && IsWord(line_[begin + kUuidBytes])) return false;
  Text(begin);
  Slot(SlotType::kUuid, begin + kUuidBytes);
  return true;
}

bool LineLexer::TakeIp(size_t begin, size_t limit) {
  if (begin > 0 && line_[begin - 1] == '.') return false;
  size_t at = begin;
  for (int octet = 0; octet < 4; ++octet) {
    const size_t end = SkipDigits(line_, at, limit);
    const size_t digits = end - at;
    if (digits == 0 || digits > 3 || (digits > 1 && line_[at] == '0')) return false;
    if (digits == 3 && line_.substr(at, 3) > "255") return false;
    if (octet < 3) {
      if (end == limit || line_[end] != '.') return false;
      at = end + 1;
    } else {
      at = end;
    }
  }
  if (at < limit &&
      (IsWord(line_[at]) || (line_[at] == '.' && at + 1 < limit && IsDigit(line_[at + 1])))) {
    return false;
  }
  Text(begin);
  Slot(SlotType::kIp, at);
  return true;
}

bool LineLexer::TakeDecimal(size_t begin, size_t end, size_t limit) {
  if (end == limit || line_[end] != '.' || (begin > 0 && line_[begin - 1] == '.')) return false;
  if (line_[begin] == '0' && end - begin > 1) return false;
  const size_t fraction_end = SkipDigits(line_, end + 1, limit);
  if (fraction_end == end + 1 || fraction_end - begin - 1 > kDecimalDigitsMax) return false;
  if (fraction_end < limit) {
    const char next = line_[fraction_end];
    // A unit may follow ("0.52s"), a version ("1.2.3", "1.2x4") not.
    if (next == '.' && fraction_end + 1 < limit && IsDigit(line_[fraction_end + 1])) return false;
    if ((ClassOf(next) & (kLowerHex | kUpperHex)) != 0) return false;
  }
  Text(begin);
  Slot(SlotType::kDecimal, fraction_end);
  return true;
}

void LineLexer::TakeMixedWord(size_t begin, size_t end) {
  if (end - begin > 2 && line_[begin] == '0' && line_[begin + 1] == 'x') {
    uint8_t classes = 0;
    for (size_t i = begin + 2; i < end; ++i) classes |= ClassOf(line_[i]);
    if ((classes & ~(kDigit | kLowerHex)) == 0 || (classes & ~(kDigit | kUpperHex)) == 0) {
      Text(begin + 2);
      Slot(SlotType::kNumber, end);
      return;
    }
  }
  int changes = 0;
  for (size_t i = begin + 1; i < end; ++i) changes += IsDigit(line_[i]) != IsDigit(line_[i - 1]);
  if (changes > kWordChangesMax) {
    Text(begin);
    Slot(SlotType::kWord, end);
    return;
  }
  for (size_t i = begin; i < end;) {
    if (!IsDigit(line_[i])) {
      ++i;
      continue;
    }
    Text(i);
    i = SkipDigits(line_, i, end);
    Slot(SlotType::kNumber, i);
  }
}

void LineLexer::SplitJson() {
  const size_t end = line_.size();
  while (at_ < end) {
    const size_t quote = std::min(line_.find('"', at_), end);
    SplitPlain(quote);
    Text(quote);
    if (quote == end) return;
    size_t close = quote + 1;
    while (close < end && line_[close] != '"') close += line_[close] == '\\' ? 2 : 1;
    if (close >= end) {  // no end: plain text
      SplitPlain(end);
      Text(end);
      return;
    }
    size_t next = close + 1;
    while (next < end && IsBlank(line_[next])) ++next;
    if (next < end && line_[next] == ':') {  // a key
      Text(next + 1);
      continue;
    }
    Text(quote + 1);
    SplitJsonString(close);
    Text(close + 1);
  }
}

void LineLexer::SplitJsonString(size_t end) {
  const size_t begin = at_;
  const size_t pattern_before = pattern_.size();
  const size_t values_before = values_.size();
  text_is_slot_ = true;
  SplitPlain(end);
  Text(end);
  const bool cut_escape = std::any_of(values_.begin() + static_cast<ptrdiff_t>(values_before),
                                      values_.end(), EndsInEscape);
  if (cut_escape || values_.size() - values_before > kStringPiecesMax) {
    at_ = begin;
    pattern_.resize(pattern_before);
    values_.resize(values_before);
    Text(end);
  }
  text_is_slot_ = false;
}

void LineLexer::Text(size_t end) {
  if (at_ == end) return;
  if (text_is_slot_) {
    Slot(SlotType::kQuoted, end);
    return;
  }
  if (!words_are_slots_) {
    AppendPatternText(line_.substr(at_, end - at_), &pattern_);
    at_ = end;
    return;
  }
  while (at_ < end) {
    size_t word = at_;
    while (word < end && IsBlank(line_[word])) ++word;
    AppendPatternText(line_.substr(at_, word - at_), &pattern_);
    at_ = word;
    while (word < end && !IsBlank(line_[word])) ++word;
    if (word > at_) Slot(SlotType::kString, word);
  }
}

void LineLexer::Slot(SlotType type, size_t end) {
  AppendPatternSlot(type, &pattern_);
  values_.push_back(line_.substr(at_, end - at_));
  at_ = end;
}

}  // namespace varve::storage
