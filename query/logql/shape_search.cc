#include "query/logql/shape_search.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace varve::query {
namespace {

using storage::LineShape;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Whether a slot of digits or a word may hold the byte, and whether it may begin or end with it.
bool MayHold(LineShape::Kind kind, char c) {
  if (kind == LineShape::Kind::kDigits) return IsDigit(c) || c == '.' || c == ':';
  return IsDigit(c) || IsLetter(c) || c == '-';
}
bool MayBorder(LineShape::Kind kind, char c) {
  return IsDigit(c) || (kind != LineShape::Kind::kDigits && IsLetter(c));
}

// Walks over a shape and keeps how many bytes of the text may just have been read: any line that
// has the text, with slots in it or before it, is noticed.
class PossibleMatch {
 public:
  explicit PossibleMatch(std::string_view text) : text_(text), read_(text.size() + 1) {}

  // The next byte of the shape's text. False: the text may end here.
  bool Fixed(char c) {
    for (size_t i = text_.size(); i > 0; --i) read_[i] = read_[i - 1] && text_[i - 1] == c;
    read_[0] = false;
    return !read_[text_.size()];
  }
  // A slot of digits or a word, which takes one byte of the text or more.
  bool Slot(LineShape::Kind kind) {
    std::vector<bool> inside(read_.size());
    std::vector<bool> behind(read_.size());
    for (size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      // The text may begin anywhere in the slot; what began before meets its first byte.
      const bool enters = read_[i] && (i == 0 || MayBorder(kind, c));
      inside[i + 1] = (enters || inside[i]) && MayHold(kind, c);
      behind[i + 1] = inside[i + 1] && MayBorder(kind, c);
    }
    read_ = std::move(behind);
    return !inside[text_.size()];
  }
  // The text may begin at the next byte, or in the next slot.
  void Begin() { read_[0] = true; }
  bool any() const { return std::find(read_.begin(), read_.end(), true) != read_.end(); }

 private:
  const std::string_view text_;
  std::vector<bool> read_;  // read_[i]: the first i bytes
};

}  // namespace

ShapePlace FindInEveryLine(const LineShape& shape, size_t from, std::string_view text, size_t* at) {
  // The first place at which no slot is in the way; a slot's letter is not what stands there.
  size_t found = shape.text.find(text, from);
  while (found != shape.text.npos && shape.HasSlot(found, found + text.size())) {
    found = shape.text.find(text, found + 1);
  }
  PossibleMatch match(text);
  auto slot = std::partition_point(shape.slots.begin(), shape.slots.end(),
                                   [from](const LineShape::Slot& s) { return s.at < from; });
  for (size_t i = from; i < shape.text.size(); ++i) {
    if (i < found) match.Begin();
    if (!match.any()) break;
    const bool is_slot = slot != shape.slots.end() && slot->at == i;
    // What may be empty, or hold anything, may hold the text.
    if (is_slot && slot->kind != LineShape::Kind::kDigits && slot->kind != LineShape::Kind::kWord) {
      return ShapePlace::kUnknown;
    }
    if (is_slot ? !match.Slot((slot++)->kind) : !match.Fixed(shape.text[i])) {
      return ShapePlace::kUnknown;
    }
  }
  *at = found;
  return found == shape.text.npos ? ShapePlace::kAbsent : ShapePlace::kFound;
}

ShapePlace EveryLineBeginsWith(const LineShape& shape, std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (shape.HasSlot(i, i + 1)) return ShapePlace::kUnknown;
    if (i == shape.text.size() || shape.text[i] != text[i]) return ShapePlace::kAbsent;
  }
  return ShapePlace::kFound;
}

}  // namespace varve::query
