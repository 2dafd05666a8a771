// LineLexer splits a line into the pattern of its template and the values of its slots. What has a
// digit in it varies: numbers, identifiers, addresses, times become slots, words stay as they are.
// In a JSON line the keys stay and the values become slots.
//
// The pattern with the values in its slots is the line again, byte for byte, whatever the line.
//
// Threads:  thread-compatible. One lexer is used for many lines, to reuse its buffers.
// Owns:     the pattern; values point into the line.
// Errors:   none: a line that cannot be split is one slot.
#ifndef STORAGE_LOGS_LINE_LEXER_H_
#define STORAGE_LOGS_LINE_LEXER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "storage/logs/log_template.h"

namespace varve::storage {

// Longer lines are not split: templates are for lines that repeat.
inline constexpr size_t kSplitLineBytesMax = 16 << 10;

// Whether words without digits are part of the template or slots of their own.
enum class WordMode { kFixed, kSlots };

class LineLexer {
 public:
  void Split(std::string_view line, WordMode words);

  const std::string& pattern() const { return pattern_; }
  const std::vector<std::string_view>& values() const { return values_; }

 private:
  // Splits line_[at_, end), in which nothing but the line itself is looked at.
  void SplitPlain(size_t end);
  void SplitJson();
  // Splits the value of a JSON string: what lies between its numbers is a slot, too.
  void SplitJsonString(size_t end);
  // Takes the word line_[begin, end), which has a digit; at_ moves behind what was taken.
  void TakeWord(size_t begin, size_t end, size_t limit);
  bool TakeClock(size_t begin, size_t limit);
  bool TakeUuid(size_t begin, size_t limit);
  bool TakeIp(size_t begin, size_t limit);
  bool TakeDecimal(size_t begin, size_t end, size_t limit);
  void TakeMixedWord(size_t begin, size_t end);
  // Fixed text up to `end`; in a JSON string and in WordMode::kSlots it may become slots.
  void Text(size_t end);
  void Slot(SlotType type, size_t end);

  std::string_view line_;
  size_t at_ = 0;  // everything before is in the pattern
  bool text_is_slot_ = false;
  bool words_are_slots_ = false;
  std::string pattern_;
  std::vector<std::string_view> values_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LINE_LEXER_H_
