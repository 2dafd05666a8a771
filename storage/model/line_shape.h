// LineShape and LineShortener: how a reader of parsed fields tells the storage which parts of lines
// it looks at, so that the others are never read.
//
// Many lines are one shape: fixed text with slots where they differ. Where the storage keeps them
// that way it asks a LineShortener, once per shape, for a shorter line that means the same to the
// caller, say `{"status":500}` for all of a JSON line; the lines that it then returns are made of
// the slots in there alone, and lines that are equal are one.
//
// Threads:  values; a LineShortener belongs to one cursor and is called by its thread.
// Owns:     its texts.
// Errors:   none: a shape that cannot be shortened has no short line.
#ifndef STORAGE_MODEL_LINE_SHAPE_H_
#define STORAGE_MODEL_LINE_SHAPE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/label_set.h"

namespace varve::storage {

struct LineShape {
  // What the values of a slot are made of. All but kAny have at least one byte.
  enum class Kind : uint8_t {
    kDigits,  // [0-9.:], the first and the last a digit
    kWord,    // [0-9A-Za-z-], the first and the last no hyphen
    kQuoted,  // part of a JSON string: no quote that is not escaped, every escape whole
    kAny,
  };
  struct Slot {
    uint32_t at = 0;  // text[at] stands for the value: 0 for digits, else a letter
    Kind kind = Kind::kAny;
  };
  std::string text;
  std::vector<Slot> slots;

  void AddText(std::string_view piece) { text.append(piece); }
  void AddSlot(Kind kind);
  // Whether a slot stands in text[begin, end).
  bool HasSlot(size_t begin, size_t end) const;
};

// Text with slots of a shape in it.
struct ShortLine {
  struct Slot {
    uint32_t text_end = 0;  // the slot stands before text[text_end]
    uint32_t slot = 0;      // of the shape
  };
  std::string text;
  std::vector<Slot> slots;

  // Appends shape.text[begin, end) with the slots in it.
  void Append(const LineShape& shape, size_t begin, size_t end);
};

class LineShortener {
 public:
  virtual ~LineShortener() = default;
  // A line that means to the caller what every line of the shape means; nullopt where only the
  // whole line will do.
  virtual std::optional<ShortLine> Shorten(const LineShape& shape) = 0;
  // Whether an entry whose line is shortened to `line` may be wanted. `metadata` may lack what
  // the read does not ask for.
  virtual bool Keeps(std::string_view line, LabelSetView metadata) = 0;
};

}  // namespace varve::storage

#endif  // STORAGE_MODEL_LINE_SHAPE_H_
