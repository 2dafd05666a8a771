#include "storage/logs/log_template.h"

#include "storage/model/text.h"

namespace varve::storage {

void AppendPatternText(std::string_view text, std::string* pattern) {
  while (true) {
    const size_t mark = text.find(kSlotMark);
    pattern->append(text.substr(0, mark));
    if (mark == std::string_view::npos) return;
    pattern->push_back(kSlotMark);
    pattern->push_back('\0');
    text.remove_prefix(mark + 1);
  }
}

void AppendPatternSlot(SlotType type, std::string* pattern) {
  pattern->push_back(kSlotMark);
  pattern->push_back(static_cast<char>(type));
}

absl::StatusOr<LogTemplate> LogTemplate::Parse(std::string_view pattern) {
  const auto malformed = [](std::string_view what) {
    return absl::DataLossError(StrCat("cannot read log template: ", what));
  };
  if (pattern.size() > kTemplatePatternBytesMax) {
    return malformed(StrCat(pattern.size(), " bytes, want at most ", kTemplatePatternBytesMax));
  }
  LogTemplate result;
  result.pattern_ = std::string(pattern);
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != kSlotMark) {
      result.text_.push_back(pattern[i]);
      continue;
    }
    if (++i == pattern.size()) return malformed("a slot is cut off");
    const auto type = static_cast<uint8_t>(pattern[i]);
    if (type == 0) {
      result.text_.push_back(kSlotMark);
      continue;
    }
    if (type > kSlotTypeMax) {
      return malformed(StrCat("slot type ", int{type}, ", want 1 to ", int{kSlotTypeMax}));
    }
    if (result.slots_.size() == kTemplateSlotsMax) return malformed("too many slots");
    result.slots_.push_back({.type = static_cast<SlotType>(type),
                             .text_end = static_cast<uint32_t>(result.text_.size()),
                             .pattern_end = static_cast<uint32_t>(i + 1)});
  }
  return result;
}

std::string LogTemplate::ToString() const {
  std::string text;
  for (size_t i = 0; i <= slots_.size(); ++i) {
    text.append(piece(i));
    if (i < slots_.size()) text.append("<_>");
  }
  return text;
}

}  // namespace varve::storage
