// The writing half of template_column.h.
#include <algorithm>
#include <array>
#include <numeric>

#include "storage/encoding/byte_writer.h"
#include "storage/logs/log_columns.h"
#include "storage/logs/template_column.h"
#include "storage/logs/template_number.h"
#include "storage/model/text.h"
#include "storage/model/time_range.h"

namespace varve::storage {
namespace {

// A dictionary is tried where it has at most this share of the values.
constexpr size_t kDictionaryShare = 2;
// Whether values repeat shows early: the search for distinct ones stops when so many have not.
constexpr size_t kDistinctProbe = 256;

using Values = std::span<const std::string_view>;

struct Dictionary {
  std::vector<std::string_view> values;
  std::vector<uint32_t> ids;
};

// False where too few values repeat.
bool BuildDictionary(Values values, Dictionary* dictionary) {
  const size_t distinct_max = values.size() / kDictionaryShare;
  StringViewMap<uint32_t> known;
  std::vector<uint32_t> counts;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto [found, is_new] =
        known.try_emplace(values[i], static_cast<uint32_t>(dictionary->values.size()));
    if (is_new) {
      if (dictionary->values.size() == distinct_max) return false;
      if (i == kDistinctProbe && dictionary->values.size() * 20 > kDistinctProbe * 19) return false;
      dictionary->values.push_back(values[i]);
      counts.push_back(0);
    }
    ++counts[found->second];
    dictionary->ids.push_back(found->second);
  }
  // Frequent values get small numbers, which leaves the rare ones as exceptions of a narrow frame.
  std::vector<uint32_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return counts[a] > counts[b]; });
  std::vector<uint32_t> new_ids(order.size());
  std::vector<std::string_view> sorted;
  for (uint32_t i = 0; i < order.size(); ++i) {
    new_ids[order[i]] = i;
    sorted.push_back(dictionary->values[order[i]]);
  }
  dictionary->values = std::move(sorted);
  for (uint32_t& id : dictionary->ids) id = new_ids[id];
  return true;
}

// What a byte may be part of.
constexpr uint8_t kLowerHexBit = 1;
constexpr uint8_t kUpperHexBit = 2;

constexpr std::array<uint8_t, 256> MakeHexKinds() {
  std::array<uint8_t, 256> kinds{};
  for (size_t c = 0; c < kinds.size(); ++c) {
    if (HexDigit(static_cast<char>(c), 'a') >= 0) kinds[c] |= kLowerHexBit;
    if (HexDigit(static_cast<char>(c), 'A') >= 0) kinds[c] |= kUpperHexBit;
  }
  return kinds;
}
constexpr std::array<uint8_t, 256> kHexKinds = MakeHexKinds();

constexpr std::array<uint8_t, 256> MakeHexValues() {
  std::array<uint8_t, 256> values{};
  for (size_t c = 0; c < values.size(); ++c) {
    const auto byte = static_cast<char>(c);
    values[c] = static_cast<uint8_t>(std::max({HexDigit(byte, 'a'), HexDigit(byte, 'A'), 0}));
  }
  return values;
}
constexpr std::array<uint8_t, 256> kHexValues = MakeHexValues();

unsigned HexValue(char digit) { return kHexValues[static_cast<uint8_t>(digit)]; }

struct NumberShape {
  bool digits = true;  // all of them fit an int64
  bool lower_hex = true;
  bool upper_hex = true;
  bool leading_zero = false;
  size_t length_min = SIZE_MAX;
  size_t length_max = 0;
};

NumberShape ShapeOf(Values values, std::vector<int64_t>* numbers) {
  NumberShape shape;
  for (const std::string_view value : values) {
    shape.length_min = std::min(shape.length_min, value.size());
    shape.length_max = std::max(shape.length_max, value.size());
    int64_t number = 0;
    if (shape.digits && ParseDigits(value, &number)) {
      numbers->push_back(number);
      shape.leading_zero = shape.leading_zero || (value.size() > 1 && value[0] == '0');
      continue;
    }
    shape.digits = false;
    uint8_t kinds = kLowerHexBit | kUpperHexBit;
    for (const char c : value) kinds &= kHexKinds[static_cast<uint8_t>(c)];
    shape.lower_hex = shape.lower_hex && (kinds & kLowerHexBit) != 0;
    shape.upper_hex = shape.upper_hex && (kinds & kUpperHexBit) != 0;
  }
  return shape;
}

void AppendHead(ColumnKind kind, std::string* out) { out->push_back(static_cast<char>(kind)); }

void AppendStrings(Values values, std::string* heap, std::string* out) {
  std::vector<uint32_t> lengths;
  size_t bytes = 0;
  for (const std::string_view value : values) {
    lengths.push_back(static_cast<uint32_t>(value.size()));
    heap->append(value);
    bytes += value.size();
  }
  ByteWriter(out).Varint(bytes);
  AppendIntegerColumn(lengths, out);
}

void AppendLengths(Values values, std::string* out) {
  std::vector<uint32_t> lengths;
  for (const std::string_view value : values) {
    lengths.push_back(static_cast<uint32_t>(value.size()));
  }
  AppendIntegerColumn(lengths, out);
}

void AppendNibbles(Values values, std::string* out) {
  size_t digits = 0;
  for (const std::string_view value : values) digits += value.size();
  const size_t before = out->size();
  out->resize(before + (digits + 1) / 2);
  char* to = out->data() + before;
  bool half = false;  // *to has its lower half
  for (std::string_view value : values) {
    if (half && !value.empty()) {
      *to = static_cast<char>(static_cast<uint8_t>(*to) | HexValue(value[0]) << 4);
      ++to;
      half = false;
      value.remove_prefix(1);
    }
    const size_t pairs = value.size() / 2;
    for (size_t i = 0; i < pairs; ++i) {
      *to++ = static_cast<char>(HexValue(value[2 * i]) | HexValue(value[2 * i + 1]) << 4);
    }
    if (value.size() % 2 != 0) {
      *to = static_cast<char>(HexValue(value.back()));
      half = true;
    }
  }
}

// `head` gets the kind, `body` what follows the count of distinct values.
void AppendNumbers(Values values, std::string* heap, std::string* head, std::string* body) {
  std::vector<int64_t> numbers;
  const NumberShape shape = ShapeOf(values, &numbers);
  if (shape.digits) {
    if (!shape.leading_zero) {
      AppendHead(ColumnKind::kIntegers, head);
    } else if (shape.length_min == shape.length_max) {
      AppendHead(ColumnKind::kFixedIntegers, head);
      body->push_back(static_cast<char>(shape.length_min));
    } else {
      AppendHead(ColumnKind::kWideIntegers, head);
      AppendLengths(values, body);
    }
    AppendIntegerColumn(numbers, body);
    return;
  }
  // Numbers that were read before the first word that is none are hexadecimal digits all the same.
  if (shape.lower_hex || shape.upper_hex) {
    AppendHead(shape.lower_hex ? ColumnKind::kHexLower : ColumnKind::kHexUpper, head);
    AppendLengths(values, body);
    AppendNibbles(values, body);
    return;
  }
  AppendHead(ColumnKind::kStrings, head);
  AppendStrings(values, heap, body);
}

void AppendClocks(Values values, std::span<const int64_t> timestamps_ns, std::string* head,
                  std::string* body) {
  std::vector<int64_t> seconds;
  std::vector<int64_t> behind;
  for (size_t i = 0; i < values.size(); ++i) {
    seconds.push_back(ParseClock(values[i]));
    if (!timestamps_ns.empty()) {
      behind.push_back(ClockBehind(timestamps_ns[i], seconds.back()));
    }
  }
  std::string plain;
  AppendIntegerColumn(seconds, &plain);
  std::string relative;
  if (!behind.empty()) AppendIntegerColumn(behind, &relative);
  const bool is_relative = !behind.empty() && relative.size() < plain.size();
  AppendHead(is_relative ? ColumnKind::kClocksBehind : ColumnKind::kClocks, head);
  body->append(is_relative ? relative : plain);
}

void AppendDecimals(Values values, std::string* head, std::string* body) {
  std::vector<uint32_t> digits;
  std::vector<int64_t> numbers;
  for (const std::string_view value : values) {
    const size_t point = value.find('.');
    int64_t whole = 0;
    int64_t fraction = 0;
    const std::string_view behind = value.substr(point + 1);
    ParseDigits(value.substr(0, point), &whole);
    ParseDigits(behind, &fraction);
    digits.push_back(static_cast<uint32_t>(behind.size()));
    numbers.push_back(whole * PowerOfTen(behind.size()) + fraction);
  }
  AppendHead(ColumnKind::kDecimals, head);
  AppendIntegerColumn(digits, body);
  AppendIntegerColumn(numbers, body);
}

void AppendPlain(SlotType type, Values values, std::span<const int64_t> timestamps_ns,
                 std::string* heap, std::string* head, std::string* body) {
  switch (type) {
    case SlotType::kNumber:
      return AppendNumbers(values, heap, head, body);
    case SlotType::kDecimal:
      return AppendDecimals(values, head, body);
    case SlotType::kClock:
      return AppendClocks(values, timestamps_ns, head, body);
    case SlotType::kIp: {
      std::vector<int64_t> numbers;
      for (const std::string_view value : values) numbers.push_back(ParseIp(value));
      AppendHead(ColumnKind::kIps, head);
      return AppendIntegerColumn(numbers, body);
    }
    case SlotType::kUuid:
      AppendHead(ColumnKind::kUuids, head);
      for (const std::string_view value : values) AppendUuidBytes(value, body);
      return;
    case SlotType::kString:
    case SlotType::kQuoted:
    case SlotType::kWord:
      AppendHead(ColumnKind::kStrings, head);
      return AppendStrings(values, heap, body);
  }
}

}  // namespace

void AppendTemplateColumn(SlotType type, std::span<const std::string_view> values,
                          std::span<const int64_t> timestamps_ns, std::string* heap,
                          std::string* out) {
  const size_t heap_before = heap->size();
  std::string head;
  std::string body;
  Dictionary dictionary;
  const bool repeats = values.size() > 1 && BuildDictionary(values, &dictionary);
  // Strings in the heap repeat at the cost of a match each: a dictionary is always smaller.
  if (!repeats || !IsText(type)) {
    AppendPlain(type, values, timestamps_ns, heap, &head, &body);
  }
  if (repeats) {
    std::string dictionary_head;
    std::string dictionary_body;
    std::string dictionary_heap;
    AppendPlain(type, dictionary.values, {}, &dictionary_heap, &dictionary_head, &dictionary_body);
    AppendIntegerColumn(dictionary.ids, &dictionary_body);
    const size_t plain_bytes = body.size() + heap->size() - heap_before;
    if (head.empty() || dictionary_body.size() + dictionary_heap.size() + 2 < plain_bytes) {
      heap->resize(heap_before);
      heap->append(dictionary_heap);
      dictionary_head[0] = static_cast<char>(dictionary_head[0] | kDictionaryBit);
      ByteWriter(&dictionary_head).Varint(dictionary.values.size());
      out->append(dictionary_head).append(dictionary_body);
      return;
    }
  }
  out->append(head).append(body);
}

}  // namespace varve::storage
