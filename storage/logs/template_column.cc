#include "storage/logs/template_column.h"

#include <tmmintrin.h>

#include <algorithm>
#include <array>

#include "storage/encoding/byte_reader.h"
#include "storage/logs/log_columns.h"
#include "storage/logs/template_number.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr uint8_t kKindMax = static_cast<uint8_t>(ColumnKind::kUuids);
constexpr size_t kUuidTextBytes = 36;

absl::Status Malformed(std::string_view what) {
  return absl::DataLossError(StrCat("cannot decode template column: ", what));
}

// Writes two digits for each byte, that of its lower half first.
void WriteHex(std::string_view packed, const char* alphabet, char* out) {
  constexpr size_t kStep = 16;
  const __m128i letters = _mm_loadu_si128(reinterpret_cast<const __m128i*>(alphabet));
  const __m128i half = _mm_set1_epi8(0x0f);
  size_t i = 0;
  for (; i + kStep <= packed.size(); i += kStep) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed.data() + i));
    const __m128i low = _mm_shuffle_epi8(letters, _mm_and_si128(bytes, half));
    const __m128i high = _mm_shuffle_epi8(letters, _mm_and_si128(_mm_srli_epi16(bytes, 4), half));
    auto* const to = reinterpret_cast<__m128i*>(out + 2 * i);
    _mm_storeu_si128(to, _mm_unpacklo_epi8(low, high));
    _mm_storeu_si128(to + 1, _mm_unpackhi_epi8(low, high));
  }
  for (; i < packed.size(); ++i) {
    out[2 * i] = alphabet[static_cast<uint8_t>(packed[i]) & 15];
    out[2 * i + 1] = alphabet[static_cast<uint8_t>(packed[i]) >> 4];
  }
}

}  // namespace

absl::Status TemplateColumn::Open(std::string_view bytes, size_t count) {
  decoded_ = false;
  count_ = distinct_ = count;
  heap_bytes_ = 0;
  ByteReader reader(bytes);
  uint8_t head = 0;
  if (!reader.U8(&head)) return Malformed("no head");
  dictionary_ = (head & kDictionaryBit) != 0;
  const auto kind = static_cast<uint8_t>(head & ~kDictionaryBit);
  if (kind == 0 || kind > kKindMax) return Malformed(StrCat("kind ", int{kind}));
  kind_ = static_cast<ColumnKind>(kind);
  if (dictionary_) {
    uint64_t distinct = 0;
    if (!reader.VarintUpTo(count, &distinct) || distinct == 0) return Malformed("distinct values");
    if (kind_ == ColumnKind::kClocksBehind) return Malformed("a dictionary of distances");
    distinct_ = distinct;
  }
  if (kind_ == ColumnKind::kStrings) {
    uint64_t heap_bytes = 0;
    if (!reader.VarintUpTo(UINT32_MAX, &heap_bytes)) return Malformed("bytes in the heap");
    heap_bytes_ = heap_bytes;
  }
  bytes_ = reader.rest();
  return absl::OkStatus();
}

absl::Status TemplateColumn::Decode(std::string_view heap, std::span<const int64_t> timestamps_ns) {
  owned_.clear();
  offsets_.clear();
  offsets_.reserve(distinct_ + 1);
  offsets_.push_back(0);
  ids_.clear();
  ByteReader reader(bytes_);
  VARVE_RETURN_IF_ERROR(DecodeValues(&reader, heap, timestamps_ns));
  text_ = kind_ == ColumnKind::kStrings ? heap : std::string_view(owned_);
  id_bytes_ = reader.rest();
  if (!dictionary_ && !id_bytes_.empty()) return Malformed("bytes behind the values");
  decoded_ = true;
  return absl::OkStatus();
}

absl::Status TemplateColumn::LoadIds() {
  if (!dictionary_ || !ids_.empty()) return absl::OkStatus();
  ByteReader reader(id_bytes_);
  absl::Status status =
      ReadUnsignedColumn(&reader, count_, static_cast<uint32_t>(distinct_ - 1), &ids_);
  if (status.ok() && !reader.AtEnd()) status = Malformed("bytes behind the values");
  if (!status.ok()) ids_.clear();  // who asks again is told again
  return status;
}

absl::Status TemplateColumn::DecodeValues(ByteReader* reader, std::string_view heap,
                                          std::span<const int64_t> timestamps_ns) {
  switch (kind_) {
    case ColumnKind::kStrings: {
      std::vector<uint32_t> lengths;
      VARVE_RETURN_IF_ERROR(ReadUnsignedColumn(reader, distinct_, UINT32_MAX, &lengths));
      uint64_t end = 0;
      for (const uint32_t length : lengths) {
        end += length;
        if (end > heap.size()) return Malformed("a string ends behind the heap");
        offsets_.push_back(static_cast<uint32_t>(end));
      }
      return end == heap.size() ? absl::OkStatus() : Malformed("text behind the last string");
    }
    case ColumnKind::kHexLower:
    case ColumnKind::kHexUpper:
      return DecodeHex(reader);
    case ColumnKind::kUuids:
      return DecodeUuids(reader);
    default:
      return DecodeNumbers(reader, timestamps_ns);
  }
}

absl::Status TemplateColumn::DecodeNumbers(ByteReader* reader,
                                           std::span<const int64_t> timestamps_ns) {
  std::vector<uint32_t> widths;
  uint8_t width = 1;
  if (kind_ == ColumnKind::kFixedIntegers && (!reader->U8(&width) || width > kIntegerDigitsMax)) {
    return Malformed("width of integers");
  }
  if (kind_ == ColumnKind::kWideIntegers) {
    VARVE_RETURN_IF_ERROR(ReadUnsignedColumn(reader, distinct_, kIntegerDigitsMax, &widths));
  }
  if (kind_ == ColumnKind::kDecimals) {
    VARVE_RETURN_IF_ERROR(ReadUnsignedColumn(reader, distinct_, kFractionDigitsMax, &widths));
  }
  std::vector<int64_t> numbers;
  VARVE_RETURN_IF_ERROR(ReadIntegerColumn(reader, distinct_, &numbers));
  constexpr size_t kTextMax = 24;
  owned_.resize(distinct_ * kTextMax);
  char* const begin = owned_.data();
  char* out = begin;
  if (kind_ == ColumnKind::kIntegers || kind_ == ColumnKind::kFixedIntegers) {
    for (const int64_t number : numbers) {
      if (number < 0) return Malformed("a negative number");
      out += WriteDigits(number, width, out);
      offsets_.push_back(static_cast<uint32_t>(out - begin));
    }
    owned_.resize(static_cast<size_t>(out - begin));
    return absl::OkStatus();
  }
  for (size_t i = 0; i < distinct_; ++i) {
    int64_t number = numbers[i];
    if (number < 0 && kind_ != ColumnKind::kClocksBehind) return Malformed("a negative number");
    switch (kind_) {
      case ColumnKind::kClocksBehind:
        if (number < -kSecondsPerDay / 2 || number >= kSecondsPerDay / 2) {
          return Malformed("a distance of more than half a day");
        }
        number = ClockOf(timestamps_ns[i], number);
        out += WriteClock(number, out);
        break;
      case ColumnKind::kClocks:
        if (number >= kSecondsPerDay) return Malformed("a clock of more than a day");
        out += WriteClock(number, out);
        break;
      case ColumnKind::kIps:
        if (number > UINT32_MAX) return Malformed("an address of more than 32 bits");
        out += WriteIp(static_cast<uint32_t>(number), out);
        break;
      case ColumnKind::kDecimals: {
        const int64_t unit = PowerOfTen(widths[i]);
        out += WriteDigits(number / unit, 1, out);
        *out++ = '.';
        out += WriteDigits(number % unit, widths[i], out);
        break;
      }
      case ColumnKind::kWideIntegers:
        out += WriteDigits(number, widths[i], out);
        break;
      default:
        out += WriteDigits(number, width, out);
        break;
    }
    offsets_.push_back(static_cast<uint32_t>(out - begin));
  }
  owned_.resize(static_cast<size_t>(out - begin));
  return absl::OkStatus();
}

absl::Status TemplateColumn::DecodeHex(ByteReader* reader) {
  std::vector<uint32_t> lengths;
  VARVE_RETURN_IF_ERROR(ReadUnsignedColumn(reader, distinct_, UINT32_MAX, &lengths));
  uint64_t digits = 0;
  for (const uint32_t length : lengths) {
    digits += length;
    if (digits > reader->remaining() * 2) return Malformed("hexadecimal digits cut off");
    offsets_.push_back(static_cast<uint32_t>(digits));
  }
  std::string_view packed;
  if (!reader->Bytes((digits + 1) / 2, &packed)) return Malformed("hexadecimal digits cut off");
  const char* const alphabet =
      kind_ == ColumnKind::kHexLower ? "0123456789abcdef" : "0123456789ABCDEF";
  owned_.resize(packed.size() * 2);
  WriteHex(packed, alphabet, owned_.data());
  owned_.resize(digits);
  return absl::OkStatus();
}

absl::Status TemplateColumn::DecodeUuids(ByteReader* reader) {
  std::string_view raw;
  if (!reader->Bytes(distinct_ * kUuidRawBytes, &raw)) return Malformed("uuids cut off");
  owned_.resize(distinct_ * kUuidTextBytes);
  for (size_t i = 0; i < distinct_; ++i) {
    WriteUuid(raw.data() + i * kUuidRawBytes, owned_.data() + i * kUuidTextBytes);
    offsets_.push_back(static_cast<uint32_t>((i + 1) * kUuidTextBytes));
  }
  return absl::OkStatus();
}

ByteSet TemplateColumn::HeldBytes() const {
  ByteSet held;
  if (kind_ == ColumnKind::kStrings) {
    std::array<uint8_t, 256> seen{};
    for (const char c : text_) seen[static_cast<uint8_t>(c)] = 1;
    for (size_t i = 0; i < seen.size(); ++i) held[i] = seen[i] != 0;
    return held;
  }
  const auto add = [&held](std::string_view bytes) {
    for (const char c : bytes) held[static_cast<uint8_t>(c)] = true;
  };
  add("0123456789");
  switch (kind_) {
    case ColumnKind::kDecimals:
    case ColumnKind::kIps:
      add(".");
      break;
    case ColumnKind::kClocks:
    case ColumnKind::kClocksBehind:
      add(":");
      break;
    case ColumnKind::kHexUpper:
      add("ABCDEF");
      break;
    case ColumnKind::kHexLower:
      add("abcdef");
      break;
    case ColumnKind::kUuids:
      add("abcdef-");
      break;
    default:
      break;
  }
  return held;
}

bool TemplateColumn::MayHold(size_t text_bytes) const {
  if (decoded_) return true;
  ByteReader reader(bytes_);
  if (kind_ == ColumnKind::kFixedIntegers) {
    uint8_t width = 0;
    return !reader.U8(&width) || text_bytes <= width;
  }
  if (kind_ != ColumnKind::kIntegers || text_bytes <= 2) return true;
  std::vector<int64_t> numbers;
  if (!ReadIntegerColumn(&reader, distinct_, &numbers).ok()) return true;  // Decode will tell
  if (text_bytes > kIntegerDigitsMax) return false;
  const int64_t least = PowerOfTen(text_bytes - 1);
  return std::any_of(numbers.begin(), numbers.end(), [least](int64_t n) { return n >= least; });
}

absl::Status TemplateColumn::Find(const LineSearch& needle, std::vector<uint8_t>* hits) {
  hits->clear();
  std::vector<uint32_t> found;
  needle.FindLines(text_, offsets_, &found);
  if (found.empty()) return absl::OkStatus();
  std::vector<uint8_t> stored(distinct_);
  for (const uint32_t i : found) stored[i] = 1;
  if (!dictionary_) {
    *hits = std::move(stored);
    return absl::OkStatus();
  }
  VARVE_RETURN_IF_ERROR(LoadIds());
  hits->resize(count_);
  for (size_t i = 0; i < count_; ++i) (*hits)[i] = stored[ids_[i]];
  return absl::OkStatus();
}

}  // namespace varve::storage
