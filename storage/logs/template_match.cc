#include "storage/logs/template_match.h"

#include <string>
#include <string_view>
#include <utility>

namespace varve::storage {
namespace {

// As much of a needle is followed over borders; of a longer one, this beginning.
constexpr size_t kFollowedBytesMax = 63;
// How many needles and tables a thread remembers.
constexpr size_t kRememberedMax = 16;

// Whether values of a slot may hold `c`; for a needle in lower case that stands for both, the lower
// case of their letters.
bool MayHold(SlotType type, char c) {
  const bool digit = c >= '0' && c <= '9';
  switch (type) {
    case SlotType::kNumber:
      return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    case SlotType::kDecimal:
    case SlotType::kIp:
      return digit || c == '.';
    case SlotType::kClock:
      return digit || c == ':';
    case SlotType::kUuid:
      return digit || c == '-' || (c >= 'a' && c <= 'f');
    case SlotType::kWord:
      return digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    case SlotType::kString:
    case SlotType::kQuoted:
      return true;
  }
  return true;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// Whether a value of a slot may hold all of a text whose bytes it may hold one by one.
bool MayHoldWhole(SlotType type, std::string_view text) {
  const auto run_max = [text](char separator, size_t length_max) {
    return text.find(separator) != std::string_view::npos || text.size() <= length_max;
  };
  switch (type) {
    case SlotType::kClock:
      return text.size() <= 8 && run_max(':', 2);
    case SlotType::kIp:
      return text.size() <= 15 && run_max('.', 3);
    case SlotType::kUuid:
      return text.size() <= 36 && run_max('-', 12);
    case SlotType::kDecimal:
      return text.size() <= 19;
    case SlotType::kNumber:
    case SlotType::kString:
    case SlotType::kQuoted:
    case SlotType::kWord:
      return true;
  }
  return true;
}

// Follows the beginnings of the needle through the pieces and slots of a template: bit k of
// reached_ says that the first k bytes of the needle may stand right before the current place.
class BorderWalk {
 public:
  explicit BorderWalk(const LineSearch& needle)
      : needle_(std::string_view(needle.needle()).substr(0, kFollowedBytesMax)),
        folds_(needle.folds()) {}

  // Whether the whole needle may stand over a border.
  bool across() const { return across_; }

  void Piece(std::string_view text) {
    if (text.empty()) return;
    uint64_t next = 0;
    for (uint64_t bits = reached_; bits != 0; bits &= bits - 1) {
      const auto k = static_cast<size_t>(__builtin_ctzll(bits));
      const size_t rest = needle_.size() - k;
      if (text.size() >= rest) {
        across_ = across_ || Equal(text.substr(0, rest), k);
      } else if (Equal(text, k)) {
        next |= uint64_t{1} << (k + text.size());
      }
    }
    for (size_t k = 1; k < needle_.size() && k <= text.size(); ++k) {
      if (Fold(text.back()) != needle_[k - 1]) continue;
      if (Equal(text.substr(text.size() - k), 0)) next |= uint64_t{1} << k;
    }
    reached_ = next;
  }

  // Returns whether the whole needle may stand within a value of the slot. `held`: the bytes that
  // values may have, or nullptr.
  bool Slot(SlotType type, const ByteSet* held) {
    bool before = false;  // the first k bytes may stand before here, begun before the slot
    bool taken = false;   // of which the slot has at least one
    bool inside = true;   // or begun in it
    for (size_t k = 0; k < needle_.size(); ++k) {
      const uint64_t bit = uint64_t{1} << k;
      before = before || (reached_ & bit) != 0;
      // Only a value of the type that may be anything may be empty.
      const bool begun = type == SlotType::kString ? before : taken;
      reached_ = begun || (inside && k > 0) ? reached_ | bit : reached_ & ~bit;
      const bool takes = held == nullptr ? MayHold(type, needle_[k]) : Holds(*held, needle_[k]);
      before = taken = before && takes;
      inside = inside && takes;
    }
    across_ = across_ || before;
    return inside && MayHoldWhole(type, needle_);
  }

 private:
  bool Holds(const ByteSet& held, char c) const {
    if (held[static_cast<uint8_t>(c)]) return true;
    if (!folds_) return false;
    // Upper case, or the first byte of the character beyond ASCII that folds to it.
    return (c >= 'a' && c <= 'z' && held[static_cast<uint8_t>(c & ~0x20)]) ||
           (c == 's' && held[0xc5]) || (c == 'k' && held[0xe2]);
  }
  char Fold(char c) const { return folds_ ? Lower(c) : c; }
  bool Equal(std::string_view text, size_t from) const {
    for (size_t i = 0; i < text.size(); ++i) {
      if (Fold(text[i]) != needle_[from + i]) return false;
    }
    return true;
  }

  std::string_view needle_;
  bool folds_;
  uint64_t reached_ = 0;
  bool across_ = false;
};

// What a thread knows of one needle in one table.
struct Remembered {
  uint64_t table = 0;
  std::string needle;
  bool folds = false;
  std::vector<TemplateMatch> matches;
  std::vector<uint8_t> known;
};

Remembered* Remember(const LogTemplateTable& table, const LineSearch& needle) {
  thread_local std::vector<Remembered> all;
  thread_local size_t next = 0;
  for (Remembered& entry : all) {
    if (entry.table == table.serial() && entry.folds == needle.folds() &&
        entry.needle == needle.needle()) {
      return &entry;
    }
  }
  if (all.size() < kRememberedMax) all.emplace_back();
  Remembered& entry = all[next++ % kRememberedMax];
  entry = {table.serial(), needle.needle(), needle.folds(), {}, {}};
  entry.matches.resize(table.size());
  entry.known.resize(table.size());
  return &entry;
}

}  // namespace

TemplateMatch MatchTemplate(const LogTemplate& log_template, const LineSearch& needle,
                            std::span<const ByteSet> held) {
  TemplateMatch match;
  const size_t slots = log_template.slots().size();
  for (size_t i = 0; i <= slots; ++i) {
    if (needle.In(log_template.piece(i))) {
      match.every_line = true;
      return match;
    }
  }
  if (slots == 0) return match;
  if (needle.HasFoldedLetters(log_template.text())) {
    match.across = true;
    return match;
  }
  BorderWalk walk(needle);
  for (size_t i = 0; i < slots; ++i) {
    walk.Piece(log_template.piece(i));
    const SlotType type = log_template.slots()[i].type;
    if (walk.Slot(type, held.empty() ? nullptr : &held[i])) {
      match.slots.push_back(static_cast<uint32_t>(i));
    }
  }
  walk.Piece(log_template.piece(slots));
  match.across = walk.across();
  if (needle.needle().size() > kFollowedBytesMax && !match.no_line()) match.across = true;
  return match;
}

const TemplateMatch& CachedTemplateMatch(const LogTemplateTable& table, uint32_t id,
                                         const LineSearch& needle) {
  Remembered* const entry = Remember(table, needle);
  if (entry->known[id] == 0) {
    entry->matches[id] = MatchTemplate(table.at(id), needle);
    entry->known[id] = 1;
  }
  return entry->matches[id];
}

}  // namespace varve::storage
