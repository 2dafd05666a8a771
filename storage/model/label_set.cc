#include "storage/model/label_set.h"

#include <algorithm>
#include <cstring>

#include "storage/model/text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace varve::storage {
namespace {

// Takes one length-prefixed string off the front of `*bytes`; false when it is cut short.
bool TakeChecked(std::string_view* bytes, std::string_view* text) {
  if (bytes->empty()) return false;
  size_t length = static_cast<uint8_t>(bytes->front());
  size_t header = 1;
  if (length == kPackedLongLength) {
    if (bytes->size() < 5) return false;
    uint32_t stored = 0;
    std::memcpy(&stored, bytes->data() + 1, 4);
    length = stored;
    header = 5;
    if (length < kPackedLongLength) return false;  // one label set has one packed form
  }
  if (bytes->size() - header < length) return false;
  *text = bytes->substr(header, length);
  bytes->remove_prefix(header + length);
  return true;
}

template <typename Keep>
LabelSet Filter(LabelSetView labels, Keep keep) {
  LabelSetBuilder builder;
  for (const LabelView& label : labels) {
    if (keep(label.name)) builder.Append(label.name, label.value);
  }
  return builder.Build();
}

// By name, of several pairs of one name the last.
void SortLastWins(std::vector<std::pair<std::string_view, std::string_view>>* labels) {
  std::stable_sort(labels->begin(), labels->end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  size_t kept = 0;
  for (size_t i = 0; i < labels->size(); ++i) {
    if (i + 1 < labels->size() && (*labels)[i + 1].first == (*labels)[i].first) continue;
    (*labels)[kept++] = (*labels)[i];
  }
  labels->resize(kept);
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void AppendPackedText(std::string_view text, std::string* packed) {
  if (text.size() < kPackedLongLength) {
    packed->push_back(static_cast<char>(text.size()));
  } else {
    packed->push_back(static_cast<char>(kPackedLongLength));
    const auto length = static_cast<uint32_t>(text.size());
    for (int shift = 0; shift < 32; shift += 8) {
      packed->push_back(static_cast<char>(length >> shift));
    }
  }
  packed->append(text);
}

size_t LabelSetView::size() const {
  size_t count = 0;
  for (auto it = begin(); it != end(); ++it) ++count;
  return count;
}

std::string_view LabelSetView::Get(std::string_view name) const {
  for (const LabelView& label : *this) {
    if (label.name == name) return label.value;
    if (label.name > name) break;
  }
  return {};
}

uint64_t LabelSetView::Hash() const { return XXH3_64bits(packed_.data(), packed_.size()); }

int LabelSetView::Compare(LabelSetView other) const {
  LabelIterator a = begin();
  LabelIterator b = other.begin();
  for (; a != end() && b != other.end(); ++a, ++b) {
    if (const int order = a->name.compare(b->name); order != 0) return order;
    if (const int order = a->value.compare(b->value); order != 0) return order;
  }
  if (a != end()) return 1;
  return b != other.end() ? -1 : 0;
}

std::string LabelSetView::ToString() const {
  std::string text(metric_name());
  text.push_back('{');
  bool first = true;
  for (const LabelView& label : *this) {
    if (label.name == kMetricNameLabel) continue;
    StrAppend(&text, first ? "" : ", ", label.name, "=", Quote(label.value));
    first = false;
  }
  text.push_back('}');
  return text;
}

bool LabelSetView::IsValidPacked(std::string_view packed) {
  std::string_view previous;
  bool first = true;
  while (!packed.empty()) {
    std::string_view name;
    std::string_view value;
    if (!TakeChecked(&packed, &name) || !TakeChecked(&packed, &value)) return false;
    if (value.empty() || (!first && name <= previous)) return false;
    previous = name;
    first = false;
  }
  return true;
}

LabelSet::LabelSet(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  *this = FromPairs({labels.begin(), labels.end()});
}

LabelSet LabelSet::FromPairs(std::vector<std::pair<std::string_view, std::string_view>> labels) {
  // The last of a name decides, so that an empty value there removes it.
  SortLastWins(&labels);
  LabelSetBuilder builder;
  for (const auto& [name, value] : labels) builder.Append(name, value);
  return builder.Build();
}

LabelSet LabelSet::FromPairsWithEmpty(
    std::vector<std::pair<std::string_view, std::string_view>> labels) {
  SortLastWins(&labels);
  LabelSet set;
  for (const auto& [name, value] : labels) {
    AppendPackedText(name, &set.packed_);
    AppendPackedText(value, &set.packed_);
  }
  return set;
}

LabelSet LabelSet::Without(std::string_view name) const {
  return Filter(*this, [&](std::string_view label) { return label != name; });
}

LabelSet LabelSet::Without(const std::vector<std::string>& names) const {
  return Filter(*this, [&](std::string_view label) { return !Contains(names, label); });
}

LabelSet LabelSet::Only(const std::vector<std::string>& names) const {
  return Filter(*this, [&](std::string_view label) { return Contains(names, label); });
}

LabelSet LabelSet::With(std::string_view name, std::string_view value) const {
  LabelSetBuilder builder;
  bool placed = false;
  for (const LabelView& label : *this) {
    if (!placed && label.name >= name) {
      builder.Append(name, value);
      placed = true;
    }
    if (label.name != name) builder.Append(label.name, label.value);
  }
  if (!placed) builder.Append(name, value);
  return builder.Build();
}

void LabelSetBuilder::Append(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  AppendPackedText(name, &labels_.packed_);
  AppendPackedText(value, &labels_.packed_);
}

}  // namespace varve::storage
