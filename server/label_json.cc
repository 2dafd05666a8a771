#include "server/label_json.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "server/json_writer.h"

namespace varve::server {
namespace {

// Labels up to this many bytes are written by way of the stack.
constexpr size_t kShortLabel = 250;

uint64_t Load(const char* at) {
  uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// How many bytes two texts have in common at their beginnings.
size_t CommonFront(std::string_view a, std::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  size_t same = 0;
  for (; same + sizeof(uint64_t) <= size; same += sizeof(uint64_t)) {
    const uint64_t different = Load(a.data() + same) ^ Load(b.data() + same);
    if (different != 0) return same + static_cast<size_t>(std::countr_zero(different)) / 8;
  }
  while (same < size && a[same] == b[same]) ++same;
  return same;
}

size_t CommonBack(std::string_view a, std::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  const char* const end_a = a.data() + a.size();
  const char* const end_b = b.data() + b.size();
  size_t same = 0;
  for (; same + sizeof(uint64_t) <= size; same += sizeof(uint64_t)) {
    const uint64_t different = Load(end_a - same - 8) ^ Load(end_b - same - 8);
    if (different != 0) return same + static_cast<size_t>(std::countl_zero(different)) / 8;
  }
  while (same < size &&
         end_a[-1 - static_cast<ptrdiff_t>(same)] == end_b[-1 - static_cast<ptrdiff_t>(same)]) {
    ++same;
  }
  return same;
}

}  // namespace

void LabelJson::Format(const storage::LabelView& label, std::string* json) const {
  const bool html = escape_ == Escape::kHtml;
  if (label.name.size() + label.value.size() <= kShortLabel) {
    std::array<char, kShortLabel + 6> text;  // two pairs of quotes, a colon, a comma
    char* at = CopyUnescapedJsonString(label.name, html, text.data());
    if (at != nullptr) {
      *at++ = ':';
      at = CopyUnescapedJsonString(label.value, html, at);
    }
    if (at != nullptr) {
      *at++ = ',';
      json->append(text.data(), at);
      return;
    }
  }
  const auto append = html ? AppendJsonString : AppendPlainJsonString;
  append(label.name, json);
  json->push_back(':');
  append(label.value, json);
  json->push_back(',');
}

void LabelJson::Append(storage::LabelSetView labels, std::string* out) {
  const std::string_view packed = labels.packed();
  const size_t same = CommonFront(packed, packed_);
  if (same != packed.size() || same != packed_.size()) Change(packed, same);
  out->append(json_);
  if (!ends_.empty()) {
    out->back() = '}';
  } else {
    out->push_back('}');
  }
}

void LabelJson::Change(std::string_view packed, size_t same) {
  const auto begin_of = [this](size_t label) { return label == 0 ? Place{} : ends_[label - 1]; };
  size_t first = 0;  // the first label that is another one
  while (first < ends_.size() && ends_[first].packed <= same) ++first;
  const Place begin = begin_of(first);
  const size_t same_back = CommonBack(packed.substr(begin.packed), packed_.substr(begin.packed));
  // Where as many bytes are left as there were from label `next` of the last set on, and they are
  // the same ones, the labels are too.
  size_t next = first;
  const auto meets = [&](size_t left) {
    if (left > same_back) return false;
    while (packed_.size() - begin_of(next).packed > left) ++next;
    return packed_.size() - begin_of(next).packed == left;
  };
  changed_json_.clear();
  changed_ends_.clear();
  storage::LabelIterator label(packed.data() + begin.packed, packed.data() + packed.size());
  for (Place end = begin; !meets(packed.size() - end.packed); ++label) {
    Format(*label, &changed_json_);
    const char* const label_end = label->value.data() + label->value.size();
    end = {static_cast<size_t>(label_end - packed.data()), begin.json + changed_json_.size()};
    changed_ends_.push_back(end);
  }
  const Place met = begin_of(next);
  const auto changed_begin = ends_.begin() + static_cast<ptrdiff_t>(first);
  const size_t packed_growth = packed.size() - packed_.size();
  const size_t json_growth = begin.json + changed_json_.size() - met.json;
  if (next - first == changed_ends_.size() && packed_growth == 0 && json_growth == 0) {
    // Other values of the same lengths: everything else stays in its place.
    std::copy(changed_ends_.begin(), changed_ends_.end(), changed_begin);
    std::memcpy(json_.data() + begin.json, changed_json_.data(), changed_json_.size());
    packed_ = packed;
    return;
  }
  // What lies behind the changed labels moves with what they grew; sums wrap where they shrank.
  for (size_t i = next; i < ends_.size(); ++i) {
    ends_[i].packed += packed_growth;
    ends_[i].json += json_growth;
  }
  const size_t kept = std::min(next - first, changed_ends_.size());
  std::copy_n(changed_ends_.begin(), kept, changed_begin);
  if (next - first > kept) {
    ends_.erase(changed_begin + static_cast<ptrdiff_t>(kept),
                changed_begin + static_cast<ptrdiff_t>(next - first));
  } else {
    ends_.insert(changed_begin + static_cast<ptrdiff_t>(kept),
                 changed_ends_.begin() + static_cast<ptrdiff_t>(kept), changed_ends_.end());
  }
  json_.replace(begin.json, met.json - begin.json, changed_json_);
  packed_ = packed;
}

}  // namespace varve::server
