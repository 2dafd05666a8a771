// LogTemplate: what many lines have in common: fixed text with typed gaps (slots) for what differs.
//
// A template's pattern is its text, in which the byte 1 followed by a slot type is a slot, and 1
// followed by 0 the byte 1 itself:  `took \x01\x01 ms`  is  "took ", a number, " ms".
//
// Slots that stand behind the same beginning of a pattern share one column of values in a block,
// whatever the rest of their templates is: the path names that beginning.
//
// Threads:  immutable once parsed.
// Owns:     its text.
// Errors:   DATA_LOSS for bytes that are no pattern.
// Format:   storage/docs/log_part_format.md, section "Templates"
#ifndef STORAGE_LOGS_LOG_TEMPLATE_H_
#define STORAGE_LOGS_LOG_TEMPLATE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace varve::storage {

// What stands in a slot. Numbers are never reused.
enum class SlotType : uint8_t {
  kNumber = 1,   // digits, or hexadecimal digits of one case
  kDecimal = 2,  // digits, a point, digits
  kClock = 3,    // hh:mm:ss
  kIp = 4,       // an IPv4 address
  kUuid = 5,     // a UUID in lower case
  kString = 6,   // anything
  kQuoted = 7,   // part of a JSON string: no quote that is not escaped, every escape whole
  kWord = 8,     // letters of ASCII and digits
};
inline constexpr uint8_t kSlotTypeMax = 8;

// Types whose values are stored as strings.
inline bool IsText(SlotType type) {
  return type == SlotType::kString || type == SlotType::kQuoted || type == SlotType::kWord;
}

inline constexpr char kSlotMark = '\x01';
inline constexpr size_t kTemplateSlotsMax = 128;
inline constexpr size_t kTemplatePatternBytesMax = 8 << 10;

// The pattern of a line that is like no other: one slot with everything.
inline constexpr std::string_view kWholeLinePattern("\x01\x06", 2);

// Appends literal text to a pattern.
void AppendPatternText(std::string_view text, std::string* pattern);
void AppendPatternSlot(SlotType type, std::string* pattern);

struct TemplateSlot {
  SlotType type = SlotType::kString;
  uint32_t text_end = 0;     // the slot stands before text()[text_end]
  uint32_t pattern_end = 0;  // of its mark in the pattern: the path is pattern[0, pattern_end)
};

class LogTemplate {
 public:
  static absl::StatusOr<LogTemplate> Parse(std::string_view pattern);

  const std::string& pattern() const { return pattern_; }
  // The fixed text of the whole template without its slots.
  const std::string& text() const { return text_; }
  const std::vector<TemplateSlot>& slots() const { return slots_; }
  // Fixed text before slot i; i == slots().size(): behind the last.
  std::string_view piece(size_t i) const {
    const size_t begin = i == 0 ? 0 : slots_[i - 1].text_end;
    const size_t end = i == slots_.size() ? text_.size() : slots_[i].text_end;
    return std::string_view(text_).substr(begin, end - begin);
  }
  std::string_view path(size_t slot) const {
    return std::string_view(pattern_).substr(0, slots_[slot].pattern_end);
  }
  // The template as people read it: `<_>` for each slot.
  std::string ToString() const;

 private:
  std::string pattern_;
  std::string text_;
  std::vector<TemplateSlot> slots_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_TEMPLATE_H_
