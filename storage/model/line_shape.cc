#include "storage/model/line_shape.h"

#include <algorithm>

namespace varve::storage {
namespace {

std::vector<LineShape::Slot>::const_iterator FirstSlot(const LineShape& shape, size_t begin) {
  return std::partition_point(shape.slots.begin(), shape.slots.end(),
                              [begin](const LineShape::Slot& slot) { return slot.at < begin; });
}

}  // namespace

void LineShape::AddSlot(Kind kind) {
  slots.push_back({static_cast<uint32_t>(text.size()), kind});
  text.push_back(kind == Kind::kDigits ? '0' : 'a');
}

bool LineShape::HasSlot(size_t begin, size_t end) const {
  const auto first = FirstSlot(*this, begin);
  return first != slots.end() && first->at < end;
}

void ShortLine::Append(const LineShape& shape, size_t begin, size_t end) {
  for (auto slot = FirstSlot(shape, begin); slot != shape.slots.end() && slot->at < end; ++slot) {
    text.append(shape.text, begin, slot->at - begin);
    slots.push_back(
        {static_cast<uint32_t>(text.size()), static_cast<uint32_t>(slot - shape.slots.begin())});
    begin = slot->at + size_t{1};
  }
  text.append(shape.text, begin, end - begin);
}

}  // namespace varve::storage
