#include "storage/encoding/frame_of_reference.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "storage/encoding/bit_packing.h"
#include "storage/encoding/bit_stream.h"
#include "storage/encoding/position_list.h"
#include "storage/encoding/varint.h"

namespace varve::storage {
namespace {

constexpr uint8_t kExceptionsBit = 0x80;  // of the width's byte
constexpr uint8_t kSignedBit = 0x80;      // of the high width's byte
// How many values tell whether a column has outliers. Up to twice as many are searched for any that
// would pay.
constexpr size_t kSampleCount = 16;
// An exception is also slower to decode: it must save this much more than it costs.
constexpr size_t kExceptionPenaltyBits = 1;
// The width of their high parts, the head of their list, and one of them.
constexpr size_t kFirstExceptionBits = 18;

// How many values need each width; index 65 holds those that never fit.
using Histogram = std::array<uint32_t, 66>;

struct Extremes {
  int64_t min;
  int64_t max;
};

size_t BaseBits(uint64_t base) { return 8 * VarintBytes(ZigZag(static_cast<int64_t>(base))); }

unsigned BitWidth(uint64_t value) { return static_cast<unsigned>(std::bit_width(value)); }

// What an exception keeps beside its low bits; never 0, so that one less is written.
uint64_t HighPart(uint64_t distance, unsigned width, bool signed_highs) {
  return signed_highs ? ZigZag(static_cast<int64_t>(distance) >> width) : distance >> width;
}

// The base that puts the frame of `width` bits where this kind of plan wants it.
enum class Anchor { kMin, kMax, kCenter, kZero };

template <Anchor kAnchor>
uint64_t BaseOf(uint64_t anchor, unsigned width) {
  if (kAnchor == Anchor::kMax) return anchor - LowBits(width);
  if (kAnchor == Anchor::kCenter) return anchor - (width == 0 ? 0 : uint64_t{1} << (width - 1));
  return anchor;
}

template <Anchor kAnchor>
unsigned WidthOf(uint64_t anchor, uint64_t value) {
  const uint64_t distance = value - anchor;
  if (kAnchor == Anchor::kMax) return BitWidth(~distance + 1);
  if (kAnchor == Anchor::kCenter) {
    const uint64_t magnitude = static_cast<int64_t>(distance) < 0 ? ~distance : distance;
    return distance == 0 ? 0 : BitWidth(magnitude) + 1;
  }
  if (kAnchor == Anchor::kZero && static_cast<int64_t>(distance) < 0) return 65;
  return BitWidth(distance);
}

// Tries the widths below `width_end` for one anchor and keeps what is cheaper than *best. Only
// widths that some value needs exactly: a bit more costs every value one, and saves each exception,
// of which there are at most half as many, no more than one.
template <Anchor kAnchor>
void TryAnchor(std::span<const uint64_t> values, Extremes extremes, unsigned width_end,
               uint64_t anchor, FramePlan* best) {
  Histogram histogram{};
  uint64_t needed = 0;  // a bit for each width
  for (const uint64_t value : values) {
    const unsigned width = WidthOf<kAnchor>(anchor, value);
    ++histogram[width];
    if (width < 64) needed |= uint64_t{1} << width;
  }
  constexpr bool kSignedHighs = kAnchor != Anchor::kMin;
  size_t exceptions = values.size();
  for (needed &= LowBits(std::min(width_end, 63u)); needed != 0; needed &= needed - 1) {
    const unsigned width = static_cast<unsigned>(std::countr_zero(needed));
    exceptions -= histogram[width];
    if (exceptions == 0 || values.size() * width >= best->cost_bits) break;
    if (exceptions * 2 > values.size()) continue;
    const uint64_t base = BaseOf<kAnchor>(anchor, width);
    uint64_t high_max = HighPart(static_cast<uint64_t>(extremes.max) - base, width, kSignedHighs);
    if (kSignedHighs) {
      const uint64_t low = static_cast<uint64_t>(extremes.min) - base;
      high_max = std::max(high_max, HighPart(low, width, kSignedHighs));
    }
    size_t cost_bits = values.size() * width + 8 + BaseBits(base) + 8 +
                       exceptions * (BitWidth(high_max - 1) + kExceptionPenaltyBits);
    if (cost_bits + exceptions >= best->cost_bits) continue;  // before the dearer estimate
    cost_bits += EstimatePositionBits(exceptions, values.size());
    if (cost_bits < best->cost_bits) {
      *best = {.base = base,
               .width = width,
               .has_exceptions = true,
               .signed_highs = kSignedHighs,
               .cost_bits = cost_bits};
    }
  }
}

// What a few values say about a column.
struct Spread {
  uint64_t median;
  unsigned middle_width;  // that the three quarters around the median take
  unsigned half_width;    // the narrowest that half of them take
};

Spread SampleSpread(std::span<const uint64_t> values) {
  std::array<int64_t, kSampleCount> sample{};
  const size_t count = std::min(values.size(), kSampleCount);
  for (size_t i = 0; i < count; ++i) {
    sample[i] = static_cast<int64_t>(values[i * values.size() / count]);
  }
  std::sort(sample.begin(), sample.begin() + static_cast<ptrdiff_t>(count));
  const auto distance = [&](size_t from, size_t to) {
    return static_cast<uint64_t>(sample[to]) - static_cast<uint64_t>(sample[from]);
  };
  const size_t half = (count - 1) / 2;
  uint64_t narrowest = UINT64_MAX;
  for (size_t i = 0; i + half < count; ++i) narrowest = std::min(narrowest, distance(i, i + half));
  const size_t margin = count / 8;
  return {static_cast<uint64_t>(sample[count / 2]), BitWidth(distance(margin, count - 1 - margin)),
          BitWidth(narrowest)};
}

}  // namespace

FramePlan PlanFrame(std::span<const uint64_t> values, size_t bits_to_beat) {
  Extremes extremes{INT64_MAX, INT64_MIN};
  for (const uint64_t value : values) {
    extremes.min = std::min(extremes.min, static_cast<int64_t>(value));
    extremes.max = std::max(extremes.max, static_cast<int64_t>(value));
  }
  FramePlan plan;
  plan.base = static_cast<uint64_t>(extremes.min);
  plan.width = BitWidth(static_cast<uint64_t>(extremes.max) - plan.base);
  plan.cost_bits = values.size() * plan.width + 8 + BaseBits(plan.base);
  if (plan.width == 0) return plan;
  const Spread spread = SampleSpread(values);
  if (values.size() <= 2 * kSampleCount) {
    // At most half of the values may be exceptions, and the first one costs this much.
    if (values.size() * (plan.width - spread.half_width) <= kFirstExceptionBits) return plan;
  } else if (spread.middle_width + 1 >= plan.width) {
    return plan;
  }
  if (values.size() * spread.middle_width > bits_to_beat) return plan;
  const uint64_t min = static_cast<uint64_t>(extremes.min);
  const uint64_t max = static_cast<uint64_t>(extremes.max);
  const unsigned width_end = plan.width;
  TryAnchor<Anchor::kMin>(values, extremes, width_end, min, &plan);
  TryAnchor<Anchor::kMax>(values, extremes, width_end, max, &plan);
  TryAnchor<Anchor::kCenter>(values, extremes, width_end, spread.median, &plan);
  if (extremes.min < 0) TryAnchor<Anchor::kZero>(values, extremes, width_end, 0, &plan);
  return plan;
}

void EncodeFrame(std::span<const uint64_t> values, const FramePlan& plan, std::string* out) {
  thread_local std::vector<uint64_t> lows, highs;
  thread_local std::vector<uint32_t> positions;
  lows.clear();
  highs.clear();
  positions.clear();
  uint64_t high_max = 0;
  const uint64_t mask = LowBits(plan.width);
  for (const uint64_t value : values) {
    const uint64_t distance = value - plan.base;
    if ((distance & ~mask) != 0) {
      positions.push_back(static_cast<uint32_t>(lows.size()));
      highs.push_back(HighPart(distance, plan.width, plan.signed_highs) - 1);
      high_max = std::max(high_max, highs.back());
    }
    lows.push_back(distance & mask);
  }
  const bool has_exceptions = !positions.empty();
  out->push_back(static_cast<char>(plan.width | (has_exceptions ? kExceptionsBit : 0)));
  AppendZigZag(static_cast<int64_t>(plan.base), out);
  PackBits(lows, plan.width, out);
  if (!has_exceptions) return;
  const unsigned high_width = BitWidth(high_max);
  out->push_back(static_cast<char>(high_width | (plan.signed_highs ? kSignedBit : 0)));
  EncodePositions(positions, out);
  PackBits(highs, high_width, out);
}

bool DecodeFrame(ByteReader* reader, size_t count, uint64_t* out, uint64_t* base) {
  uint8_t control = 0;
  int64_t signed_base = 0;
  if (!reader->U8(&control) || !reader->ZigZag(&signed_base)) return false;
  *base = static_cast<uint64_t>(signed_base);
  const unsigned width = control & ~kExceptionsBit;
  if (width > kPackedWidthMax) return false;
  std::string_view packed;
  if (!reader->Bytes(PackedBytes(count, width), &packed)) return false;
  if (!UnpackBits(packed, count, width, out)) return false;
  if ((control & kExceptionsBit) == 0) return true;

  uint8_t high_control = 0;
  thread_local std::vector<uint32_t> positions;
  thread_local std::vector<uint64_t> highs;
  if (width >= 64 || !reader->U8(&high_control)) return false;
  if (!DecodePositions(reader, count, &positions)) return false;
  const unsigned high_width = high_control & ~kSignedBit;
  if (high_width > kPackedWidthMax) return false;
  highs.resize(positions.size());
  if (!reader->Bytes(PackedBytes(positions.size(), high_width), &packed)) return false;
  if (!UnpackBits(packed, positions.size(), high_width, highs.data())) return false;
  const bool signed_highs = (high_control & kSignedBit) != 0;
  for (size_t i = 0; i < positions.size(); ++i) {
    const uint64_t high = highs[i] + 1;
    out[positions[i]] += (signed_highs ? static_cast<uint64_t>(UnZigZag(high)) : high) << width;
  }
  return true;
}

}  // namespace varve::storage
