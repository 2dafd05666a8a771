#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <vector>

#include "storage/encoding/byte_writer.h"
#include "storage/encoding/decimal.h"
#include "storage/encoding/gorilla.h"
#include "storage/encoding/integer_codec.h"
#include "storage/encoding/position_list.h"
#include "storage/encoding/value_chunk_format.h"
#include "storage/encoding/value_codec.h"
#include "storage/model/sample.h"

namespace varve::storage {
namespace {

uint64_t Bits(double value) { return std::bit_cast<uint64_t>(value); }

uint8_t HeadByte(ValueCodec codec, unsigned parameter = 0) {
  return static_cast<uint8_t>(static_cast<unsigned>(codec) | parameter << kCodecBits);
}

void Keep(std::string candidate, std::string* best) {
  if (best->empty() || candidate.size() < best->size()) *best = std::move(candidate);
}

void EncodeConstant(double value, std::string* out) {
  ByteWriter writer(out);
  const auto head = [&](ConstantKind kind, unsigned digits = 0) {
    writer.U8(HeadByte(ValueCodec::kConstant, static_cast<unsigned>(kind) + digits));
  };
  if (Bits(value) == 0) return head(ConstantKind::kZero);
  if (value == 1) return head(ConstantKind::kOne);
  if (IsStaleMarker(value)) return head(ConstantKind::kStale);
  constexpr unsigned kDigitsMax = static_cast<unsigned>(ConstantKind::kDecimalMax) -
                                  static_cast<unsigned>(ConstantKind::kInteger);
  const unsigned digits = DecimalDigits(value);
  int64_t integer = 0;
  if (digits <= kDigitsMax && ToDecimal(value, digits, &integer) &&
      VarintBytes(ZigZag(integer)) < sizeof(value)) {
    head(ConstantKind::kInteger, digits);
    writer.ZigZag(integer);
    return;
  }
  head(ConstantKind::kRaw);
  writer.F64(value);
}

// The values at the exceptions of a decimal column.
void EncodeExceptions(std::span<const double> values, std::span<const uint32_t> positions,
                      std::string* out) {
  ByteWriter writer(out);
  EncodePositions(positions, out);
  const uint64_t first = Bits(values[positions[0]]);
  const bool same = std::all_of(positions.begin(), positions.end(),
                                [&](uint32_t position) { return Bits(values[position]) == first; });
  const ExceptionKind kind = !same                       ? ExceptionKind::kRaw
                             : first == kStaleMarkerBits ? ExceptionKind::kStale
                             : first == Bits(-0.0)       ? ExceptionKind::kNegativeZero
                                                         : ExceptionKind::kSame;
  writer.U8(static_cast<uint8_t>(kind));
  if (kind == ExceptionKind::kSame) writer.U64(first);
  if (kind != ExceptionKind::kRaw) return;
  for (const uint32_t position : positions) writer.F64(values[position]);
}

// What to make of the integers that a column's decimals are.
enum class Decimals {
  kNone,
  kSome,
  kSmall,  // all, and so small that the bit patterns of the values are larger
};

bool AreSmall(const std::vector<int64_t>& integers) {
  constexpr int64_t kSmallMax = int64_t{1} << 48;
  return std::all_of(integers.begin(), integers.end(),
                     [](int64_t integer) { return integer > -kSmallMax && integer < kSmallMax; });
}

Decimals EncodeDecimal(std::span<const double> values, std::string* out) {
  thread_local DecimalColumn column;
  if (!ToDecimal(values, &column)) return Decimals::kNone;
  const bool patched = !column.exceptions.empty();
  out->push_back(static_cast<char>(
      HeadByte(patched ? ValueCodec::kDecimalPatched : ValueCodec::kDecimal, column.digits)));
  if (patched) EncodeExceptions(values, column.exceptions, out);
  const size_t integers_at = out->size();
  EncodeIntegers(column.integers, out);
  // A line without exceptions needs no mode byte: the codec says it.
  if (!patched && values.size() <= kIntegerFrameCountMax &&
      PeekIntegerMode(std::string_view(*out).substr(integers_at)) == IntegerMode::kLinear) {
    out->erase(0, integers_at + 1);
    out->insert(out->begin(), static_cast<char>(HeadByte(ValueCodec::kLinear, column.digits)));
  }
  return !patched && AreSmall(column.integers) ? Decimals::kSmall : Decimals::kSome;
}

void EncodeBits(std::span<const double> values, std::string* out) {
  thread_local std::vector<int64_t> ordered;
  ordered.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    ordered[i] = OrderedBits(std::bit_cast<int64_t>(values[i]));
  }
  out->push_back(static_cast<char>(HeadByte(ValueCodec::kBits)));
  EncodeIntegers(ordered, out);
}

void EncodeRaw(std::span<const double> values, std::string* out) {
  ByteWriter writer(out);
  writer.U8(HeadByte(ValueCodec::kRaw));
  for (const double value : values) writer.F64(value);
}

void EncodeGorilla(std::span<const double> values, std::string* out) {
  out->push_back(static_cast<char>(HeadByte(ValueCodec::kGorilla)));
  EncodeGorillaValues(values, out);
}

// What EncodeGorilla takes at least, found without writing it.
size_t GorillaBytesMin(std::span<const double> values) {
  size_t bits = 8;
  uint64_t last = 0;
  for (const double value : values) {
    const uint64_t changed = Bits(value) ^ last;
    last = Bits(value);
    bits += 1;
    if (changed != 0) {
      bits += static_cast<size_t>(1 + std::bit_width(changed) - std::countr_zero(changed));
    }
  }
  return bits / 8;
}

// Numbers the distinct values; false where there are too many.
class Dictionary {
 public:
  // In a short column most values must come twice.
  bool Build(std::span<const double> values) {
    indexes_.clear();
    distinct_.clear();
    slots_.fill(-1);
    for (const double value : values) {
      const int index = IndexOf(value);
      if (index < 0) return false;
      indexes_.push_back(index);
    }
    if (distinct_.size() * 2 > values.size()) return false;
    SortByValue();
    return true;
  }

  const std::vector<double>& distinct() const { return distinct_; }
  const std::vector<int64_t>& indexes() const { return indexes_; }

 private:
  static constexpr unsigned kSlotBits = 7;  // a quarter full at most
  static_assert((1 << kSlotBits) >= 4 * kDictionaryCountMax);

  int IndexOf(double value) {
    const uint64_t bits = Bits(value);
    size_t slot = bits * 0x9e3779b97f4a7c15 >> (64 - kSlotBits);
    while (slots_[slot] >= 0) {
      if (Bits(distinct_[static_cast<size_t>(slots_[slot])]) == bits) return slots_[slot];
      slot = (slot + 1) % slots_.size();
    }
    if (distinct_.size() == kDictionaryCountMax) return -1;
    slots_[slot] = static_cast<int8_t>(distinct_.size());
    distinct_.push_back(value);
    return slots_[slot];
  }

  // Sorted values pack better, and neighbours get near indexes.
  void SortByValue() {
    std::array<uint8_t, kDictionaryCountMax> order{};
    for (size_t i = 0; i < distinct_.size(); ++i) order[i] = static_cast<uint8_t>(i);
    std::sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(distinct_.size()),
              [&](uint8_t a, uint8_t b) {
                return OrderedBits(std::bit_cast<int64_t>(distinct_[a])) <
                       OrderedBits(std::bit_cast<int64_t>(distinct_[b]));
              });
    std::array<int64_t, kDictionaryCountMax> rank{};
    std::vector<double> sorted;
    for (size_t i = 0; i < distinct_.size(); ++i) {
      rank[order[i]] = static_cast<int64_t>(i);
      sorted.push_back(distinct_[order[i]]);
    }
    distinct_ = std::move(sorted);
    for (int64_t& index : indexes_) index = rank[static_cast<size_t>(index)];
  }

  std::vector<double> distinct_;
  std::vector<int64_t> indexes_;
  std::array<int8_t, 1 << kSlotBits> slots_;
};

// The cheapest codec that takes the values one by one, without a chunk inside.
void EncodeFlat(std::span<const double> values, std::string* out) {
  if (std::all_of(values.begin(), values.end(),
                  [&](double value) { return Bits(value) == Bits(values[0]); })) {
    return EncodeConstant(values[0], out);
  }
  // Bit patterns cannot beat columns this small, nor Gorilla bit patterns.
  const size_t bits_bytes_min = values.size() * 3;
  const size_t gorilla_bytes_min = values.size() * 4;
  std::string best, candidate;
  best.reserve(values.size() * 2 + 32);  // seldom grows, so that it is allocated once
  const Decimals decimals = EncodeDecimal(values, &best);
  // Bit patterns differ by 2^52 / integer times as much as the integers do.
  if (decimals != Decimals::kSmall && (best.empty() || best.size() > bits_bytes_min)) {
    EncodeBits(values, &candidate);
    Keep(std::move(candidate), &best);
  }
  if (best.size() > gorilla_bytes_min && GorillaBytesMin(values) < best.size()) {
    candidate.clear();
    EncodeGorilla(values, &candidate);
    Keep(std::move(candidate), &best);
  }
  out->append(best);
}

void EncodeDictionary(const Dictionary& dictionary, std::string* out) {
  ByteWriter writer(out);
  writer.U8(HeadByte(ValueCodec::kDictionary));
  writer.U8(static_cast<uint8_t>(dictionary.distinct().size()));
  EncodeIntegers(dictionary.indexes(), out);
  EncodeFlat(dictionary.distinct(), out);
}

// The cheapest codec but kSparse.
void EncodeDense(std::span<const double> values, std::string* out) {
  std::string best;
  EncodeFlat(values, &best);
  // At three bits a value a dictionary may be smaller; it must pay for its own values too.
  thread_local Dictionary dictionary;
  if (best.size() * 8 > values.size() * 3 + 64 && dictionary.Build(values)) {
    std::string candidate;
    EncodeDictionary(dictionary, &candidate);
    Keep(std::move(candidate), &best);
  }
  out->append(best);
}

void EncodeSparse(std::span<const double> values, std::span<const uint32_t> changes,
                  std::string* out) {
  out->push_back(static_cast<char>(HeadByte(ValueCodec::kSparse)));
  EncodePositions(changes, out);
  std::vector<double> runs = {values[0]};
  for (const uint32_t change : changes) runs.push_back(values[change + 1]);
  EncodeDense(runs, out);
}

void EncodeSmallest(std::span<const double> values, std::string* out) {
  // change i: value i + 1 differs from value i
  thread_local std::vector<uint32_t> changes;
  changes.clear();
  for (size_t i = 1; i < values.size(); ++i) {
    if (Bits(values[i]) != Bits(values[i - 1])) changes.push_back(static_cast<uint32_t>(i - 1));
  }
  if (changes.empty()) return EncodeConstant(values[0], out);
  std::string best;
  // Rarely changing values are always sparse, values that change in most places never.
  if (changes.size() * 16 > values.size()) EncodeDense(values, &best);
  if (changes.size() * 2 < values.size()) {
    std::string candidate;
    EncodeSparse(values, changes, &candidate);
    Keep(std::move(candidate), &best);
  }
  if (best.size() > 1 + values.size() * sizeof(double)) return EncodeRaw(values, out);
  out->append(best);
}

bool ComesBack(std::string_view bytes, std::span<const double> values) {
  thread_local std::vector<double> decoded;
  decoded.resize(values.size());
  return DecodeValues(bytes, values.size(), decoded.data()).ok() &&
         std::memcmp(decoded.data(), values.data(), values.size() * sizeof(double)) == 0;
}

}  // namespace

ValueCodec EncodeValues(std::span<const double> values, std::string* out) {
  assert(values.size() <= kValueChunkCountMax);
  if (values.empty()) return ValueCodec::kConstant;
  const size_t before = out->size();
  EncodeSmallest(values, out);
  if (!ComesBack(std::string_view(*out).substr(before), values)) {
    assert(false && "a value chunk does not decode to what was encoded");
    out->resize(before);
    EncodeRaw(values, out);
  }
  return PeekCodec(std::string_view(*out).substr(before));
}

}  // namespace varve::storage
