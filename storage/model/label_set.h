// LabelSet: the identity of a series or of a log stream, and LabelSetView, a borrowed one.
//
// A label set is a list of name/value pairs, sorted by name, each name once, no empty value (in
// Prometheus's data model an empty value means "no such label"). The pairs lie one behind the other
// in a single packed buffer, so that copying costs one allocation, and equality and hashing are one
// pass over bytes:
//
//   for each label: length(name) name length(value) value
//   length(n): one byte n for n < 255, else byte 255 and n as 4 bytes, little-endian
//
// Threads:  immutable values; any number of threads may read one.
// Owns:     LabelSet its bytes; LabelSetView nothing.
#ifndef STORAGE_MODEL_LABEL_SET_H_
#define STORAGE_MODEL_LABEL_SET_H_

#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::storage {

// The label that holds a metric's name.
inline constexpr std::string_view kMetricNameLabel = "__name__";

// The byte of a packed buffer that says that a length of 4 bytes follows.
inline constexpr uint8_t kPackedLongLength = 255;
// Appends a text to a packed buffer: its length, then itself.
void AppendPackedText(std::string_view text, std::string* packed);

// One label, borrowed from the label set that holds it.
struct LabelView {
  std::string_view name;
  std::string_view value;

  friend bool operator==(const LabelView&, const LabelView&) = default;
};

// Walks the labels of a packed buffer in the order of their names.
class LabelIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = LabelView;
  using difference_type = std::ptrdiff_t;
  using pointer = const LabelView*;
  using reference = const LabelView&;

  LabelIterator() = default;
  LabelIterator(const char* position, const char* end) : next_(position), end_(end) { Advance(); }

  reference operator*() const { return current_; }
  pointer operator->() const { return &current_; }
  LabelIterator& operator++() {
    Advance();
    return *this;
  }
  friend bool operator==(const LabelIterator& a, const LabelIterator& b) { return a.at_ == b.at_; }

 private:
  void Advance() {
    if (next_ == end_) {
      at_ = nullptr;
      return;
    }
    at_ = next_;
    current_.name = TakeText();
    current_.value = TakeText();
  }
  std::string_view TakeText() {
    size_t length = static_cast<uint8_t>(*next_++);
    if (length == kPackedLongLength) {
      uint32_t stored = 0;
      std::memcpy(&stored, next_, sizeof(stored));
      length = stored;
      next_ += sizeof(stored);
    }
    const std::string_view text(next_, length);
    next_ += length;
    return text;
  }

  const char* at_ = nullptr;    // where the current label begins; nullptr at the end
  const char* next_ = nullptr;  // where the next label begins
  const char* end_ = nullptr;
  LabelView current_;
};

// A label set somebody else owns. As cheap to copy as a string_view.
class LabelSetView {
 public:
  LabelSetView() = default;
  // REQUIRES: `packed` was made by LabelSet (or passed IsValidPacked).
  explicit LabelSetView(std::string_view packed) : packed_(packed) {}

  LabelIterator begin() const { return {packed_.data(), packed_.data() + packed_.size()}; }
  LabelIterator end() const { return {}; }
  bool empty() const { return packed_.empty(); }
  size_t size() const;  // number of labels; one pass

  // The value of label `name`; empty where the set has no such label.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const { return !Get(name).empty(); }
  std::string_view metric_name() const { return Get(kMetricNameLabel); }

  // 64 bits of XXH3 over the packed bytes.
  uint64_t Hash() const;
  // Less, equal or greater than 0: by name, then value, label by label (the order Prometheus sorts
  // by).
  int Compare(LabelSetView other) const;
  // `{a="b", c="d"}` with the metric name in front where there is one.
  std::string ToString() const;

  std::string_view packed() const { return packed_; }
  // Whether untrusted bytes are a well-formed packed label set: lengths, order, no empty value.
  static bool IsValidPacked(std::string_view packed);

  friend bool operator==(LabelSetView a, LabelSetView b) { return a.packed_ == b.packed_; }
  friend bool operator<(LabelSetView a, LabelSetView b) { return a.Compare(b) < 0; }
  template <typename H>
  friend H AbslHashValue(H h, LabelSetView labels) {
    return H::combine_contiguous(std::move(h), labels.packed_.data(), labels.packed_.size());
  }

 private:
  std::string_view packed_;
};

// A label set that owns its bytes. Converts to a view; every reading method lives there.
class LabelSet {
 public:
  LabelSet() = default;
  explicit LabelSet(LabelSetView view) : packed_(view.packed()) {}
  LabelSet(std::initializer_list<std::pair<std::string_view, std::string_view>> labels);

  // From pairs in any order. The last of several pairs of one name wins; empty values are dropped.
  static LabelSet FromPairs(std::vector<std::pair<std::string_view, std::string_view>> labels);
  // The same with empty values, which the answer of a query may have: a parser of LogQL tells a
  // field without a value from none. Such a set is never stored.
  static LabelSet FromPairsWithEmpty(
      std::vector<std::pair<std::string_view, std::string_view>> labels);

  operator LabelSetView() const { return LabelSetView(packed_); }  // NOLINT: a view of itself
  LabelSetView view() const { return LabelSetView(packed_); }

  LabelIterator begin() const { return view().begin(); }
  LabelIterator end() const { return {}; }
  bool empty() const { return packed_.empty(); }
  size_t size() const { return view().size(); }
  std::string_view Get(std::string_view name) const { return view().Get(name); }
  bool Has(std::string_view name) const { return view().Has(name); }
  std::string_view metric_name() const { return view().metric_name(); }
  uint64_t Hash() const { return view().Hash(); }
  int Compare(LabelSetView other) const { return view().Compare(other); }
  std::string ToString() const { return view().ToString(); }
  const std::string& packed() const { return packed_; }

  // Copies without one label, without several, or with only several. `names` need not be sorted.
  LabelSet Without(std::string_view name) const;
  LabelSet Without(const std::vector<std::string>& names) const;
  LabelSet Only(const std::vector<std::string>& names) const;
  // A copy in which `name` has `value`; an empty value removes the label.
  LabelSet With(std::string_view name, std::string_view value) const;

  friend bool operator==(const LabelSet& a, const LabelSet& b) { return a.packed_ == b.packed_; }
  friend bool operator<(const LabelSet& a, const LabelSet& b) { return a.Compare(b) < 0; }
  template <typename H>
  friend H AbslHashValue(H h, const LabelSet& labels) {
    return H::combine_contiguous(std::move(h), labels.packed_.data(), labels.packed_.size());
  }

 private:
  friend class LabelSetBuilder;
  std::string packed_;
};

// Appends labels that come sorted by name already, without checking: the fastest way to a LabelSet.
class LabelSetBuilder {
 public:
  // REQUIRES: `name` is greater than every name appended before. Empty values are skipped.
  void Append(std::string_view name, std::string_view value);
  LabelSet Build() { return std::move(labels_); }

 private:
  LabelSet labels_;
};

}  // namespace varve::storage

template <>
struct std::hash<varve::storage::LabelSet> {
  size_t operator()(const varve::storage::LabelSet& labels) const { return labels.Hash(); }
};

#endif  // STORAGE_MODEL_LABEL_SET_H_
