#include "storage/encoding/histogram_stream.h"

#include <bit>
#include <cstring>
#include <utility>

#include "storage/encoding/byte_writer.h"
#include "storage/encoding/histogram_layout.h"

namespace varve::storage {
namespace {

// The first byte of a histogram.
constexpr uint8_t kHintMask = 3;
constexpr uint8_t kFlagLayout = 4;      // a layout follows
constexpr uint8_t kFlagIntegers = 8;    // counts are integers
constexpr uint8_t kFlagContinues = 16;  // counts and sum are told by the last histogram's
constexpr uint8_t kFlagsAll = 31;

constexpr int64_t kExactInteger = static_cast<int64_t>(kExactIntegerMax);
constexpr size_t kFirstBucket = 2;  // of the integers: count and zero count come before

// What a number is told by: the last histogram's in its place, or, in a histogram without a
// predecessor, the bucket beside it.
uint64_t BaseOf(const std::vector<int64_t>& last, const std::vector<int64_t>& now, size_t i,
                bool continues) {
  if (continues) return static_cast<uint64_t>(last[i]);
  return i > kFirstBucket ? static_cast<uint64_t>(now[i - 1]) : 0;
}

// The bits of XORed doubles: a byte that says how many bytes follow and, above, how many zero bytes
// are to be put below them.
void AppendXor(uint64_t bits, std::string* out) {
  if (bits == 0) {
    out->push_back(0);
    return;
  }
  const unsigned low = static_cast<unsigned>(std::countr_zero(bits)) / 8;
  const uint64_t kept = bits >> (8 * low);
  const unsigned count = (static_cast<unsigned>(std::bit_width(kept)) + 7) / 8;
  char bytes[sizeof(kept)];
  std::memcpy(bytes, &kept, sizeof(kept));
  out->push_back(static_cast<char>(count | low << 4));
  out->append(bytes, count);
}

bool ReadXor(ByteReader* reader, uint64_t* bits) {
  uint8_t head = 0;
  std::string_view bytes;
  if (!reader->U8(&head)) return false;
  const unsigned count = head & 0xf;
  const unsigned low = head >> 4;
  if (count + low > 8 || (count == 0 && low > 0) || !reader->Bytes(count, &bytes)) return false;
  *bits = 0;
  std::memcpy(bits, bytes.data(), count);
  if (low > 0) *bits <<= 8 * low;
  return true;
}

void AppendXorOf(double value, double base, std::string* out) {
  AppendXor(std::bit_cast<uint64_t>(value) ^ std::bit_cast<uint64_t>(base), out);
}

bool ReadXorOf(ByteReader* reader, double base, double* value) {
  uint64_t bits = 0;
  if (!ReadXor(reader, &bits)) return false;
  *value = std::bit_cast<double>(bits ^ std::bit_cast<uint64_t>(base));
  return true;
}

// All counts as integers; false when one of them is none.
bool CollectIntegers(const Histogram& histogram, std::vector<int64_t>* integers) {
  integers->resize(kFirstBucket + histogram.positive_counts.size() +
                   histogram.negative_counts.size());
  if (!IsExactInteger(histogram.count, &(*integers)[0])) return false;
  if (!IsExactInteger(histogram.zero_count, &(*integers)[1])) return false;
  size_t i = kFirstBucket;
  for (const double count : histogram.positive_counts) {
    if (!IsExactInteger(count, &(*integers)[i++])) return false;
  }
  for (const double count : histogram.negative_counts) {
    if (!IsExactInteger(count, &(*integers)[i++])) return false;
  }
  return true;
}

}  // namespace

void HistogramStreamEncoder::Append(const Histogram& histogram) {
  static thread_local std::vector<int64_t> integers;
  const bool same_layout = count_ > 0 && SameLayout(histogram, last_);
  const bool is_integer = CollectIntegers(histogram, &integers);
  const bool continues =
      continues_ && same_layout && (!is_integer || last_is_integer_) && count_ > 0;
  bytes_.push_back(static_cast<char>(
      static_cast<uint8_t>(histogram.reset_hint) | (same_layout ? 0 : kFlagLayout) |
      (is_integer ? kFlagIntegers : 0) | (continues ? kFlagContinues : 0)));
  if (!same_layout) AppendHistogramLayout(histogram, &bytes_);
  if (is_integer) {
    AppendIntegers(integers, continues);
    last_integers_ = integers;
  } else {
    AppendFloats(histogram, continues);
  }
  AppendXorOf(histogram.sum, continues ? last_.sum : 0.0, &bytes_);
  last_ = histogram;
  last_is_integer_ = is_integer;
  continues_ = true;
  ++count_;
}

void HistogramStreamEncoder::AppendIntegers(const std::vector<int64_t>& integers, bool continues) {
  for (size_t i = 0; i < integers.size();) {
    const auto difference = [&](size_t at) {
      return static_cast<int64_t>(static_cast<uint64_t>(integers[at]) -
                                  BaseOf(last_integers_, integers, at, continues));
    };
    const int64_t change = difference(i);
    if (change != 0) {
      AppendVarint(ZigZag(change) << 1, &bytes_);
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (end < integers.size() && difference(end) == 0) ++end;
    AppendVarint((end - i) << 1 | 1, &bytes_);
    i = end;
  }
}

void HistogramStreamEncoder::AppendFloats(const Histogram& histogram, bool continues) {
  const auto append = [&](const std::vector<double>& counts, const std::vector<double>& last) {
    for (size_t i = 0; i < counts.size(); ++i) {
      AppendXorOf(counts[i], continues ? last[i] : 0.0, &bytes_);
    }
  };
  AppendXorOf(histogram.count, continues ? last_.count : 0.0, &bytes_);
  AppendXorOf(histogram.zero_count, continues ? last_.zero_count : 0.0, &bytes_);
  append(histogram.positive_counts, last_.positive_counts);
  append(histogram.negative_counts, last_.negative_counts);
}

std::string HistogramStreamEncoder::Seal() {
  std::string sealed(bytes_);  // as large as it must be
  Clear();
  return sealed;
}

void HistogramStreamEncoder::Clear() {
  count_ = 0;
  continues_ = false;
  bytes_.clear();
}

bool HistogramStreamDecoder::Next() {
  uint8_t flags = 0;
  if (!reader_.U8(&flags) || flags > kFlagsAll) return false;
  histogram_.reset_hint = static_cast<CounterResetHint>(flags & kHintMask);
  const bool continues = (flags & kFlagContinues) != 0;
  if ((flags & kFlagLayout) != 0) {
    if (continues || !ReadHistogramLayout(&reader_, &histogram_)) return false;
    has_layout_ = true;
  } else if (!has_layout_) {
    return false;
  }
  const bool is_integer = (flags & kFlagIntegers) != 0;
  if (is_integer ? !ReadIntegers(continues) : !ReadFloats(continues)) return false;
  is_integer_ = is_integer;
  return ReadXorOf(&reader_, continues ? histogram_.sum : 0.0, &histogram_.sum);
}

bool HistogramStreamDecoder::ReadIntegers(bool continues) {
  const size_t positive = histogram_.positive_counts.size();
  const size_t count = kFirstBucket + positive + histogram_.negative_counts.size();
  if (continues && (!is_integer_ || integers_.size() != count)) return false;
  integers_.resize(count);
  for (size_t i = 0; i < count;) {
    uint64_t code = 0;
    if (!reader_.Varint(&code)) return false;
    uint64_t repeats = 1;
    int64_t change = 0;
    if ((code & 1) != 0) {
      repeats = code >> 1;
      if (repeats == 0 || repeats > count - i) return false;
    } else {
      change = UnZigZag(code >> 1);
    }
    for (const size_t end = i + repeats; i < end; ++i) {
      integers_[i] = static_cast<int64_t>(BaseOf(integers_, integers_, i, continues) +
                                          static_cast<uint64_t>(change));
      if (integers_[i] < -kExactInteger || integers_[i] > kExactInteger) return false;
    }
  }
  histogram_.count = static_cast<double>(integers_[0]);
  histogram_.zero_count = static_cast<double>(integers_[1]);
  for (size_t i = 0; i < positive; ++i) {
    histogram_.positive_counts[i] = static_cast<double>(integers_[kFirstBucket + i]);
  }
  for (size_t i = kFirstBucket + positive; i < count; ++i) {
    histogram_.negative_counts[i - kFirstBucket - positive] = static_cast<double>(integers_[i]);
  }
  return true;
}

bool HistogramStreamDecoder::ReadFloats(bool continues) {
  const auto read = [&](double* value) {
    return ReadXorOf(&reader_, continues ? *value : 0.0, value);
  };
  if (!read(&histogram_.count) || !read(&histogram_.zero_count)) return false;
  for (double& value : histogram_.positive_counts) {
    if (!read(&value)) return false;
  }
  for (double& value : histogram_.negative_counts) {
    if (!read(&value)) return false;
  }
  return true;
}

}  // namespace varve::storage
