#include "storage/encoding/integer_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/encoding/frame_of_reference.h"
#include "storage/model/text.h"

namespace varve::storage {
namespace {

constexpr uint8_t kModeMask = 0x07;
constexpr uint8_t kScaledBit = 0x08;
// Below this a divisor's own bytes cost more than it saves.
constexpr size_t kScaledCountMin = 16;

// The inverse of an odd number modulo 2^64: multiplying by it divides exactly.
uint64_t InverseOfOdd(uint64_t odd) {
  uint64_t inverse = odd;  // right in the lowest 3 bits; each step doubles how many are
  for (int step = 0; step < 5; ++step) inverse *= 2 - odd * inverse;
  return inverse;
}

// A divisor and how to divide by it without dividing.
struct Divisor {
  unsigned shift = 0;
  uint64_t odd = 1;
  uint64_t inverse = 1;

  uint64_t value() const { return odd << shift; }
  uint64_t Divide(uint64_t multiple) const {
    return static_cast<uint64_t>(static_cast<int64_t>(multiple) >> shift) * inverse;
  }
};

uint64_t Magnitude(uint64_t value) { return static_cast<int64_t>(value) < 0 ? ~value + 1 : value; }

// The greatest common divisor of the steps, which are not all 0.
Divisor CommonDivisor(std::span<const uint64_t> steps) {
  uint64_t any = 0;
  for (const uint64_t step : steps) any |= step;
  Divisor divisor;
  divisor.shift = static_cast<unsigned>(std::countr_zero(any));
  if (divisor.shift >= 62) divisor.shift = 0;  // keeps value() a positive int64
  uint64_t odd = 0;
  uint64_t inverse = 0;
  uint64_t quotient_max = 0;
  for (const uint64_t step : steps) {
    uint64_t rest = Magnitude(step) >> divisor.shift;
    if (rest == 0 || (odd != 0 && rest * inverse <= quotient_max)) continue;  // a multiple
    rest >>= std::countr_zero(rest);
    while (odd != 0) {  // Euclid on odd numbers; runs seldom, since most steps are multiples
      if (rest < odd) std::swap(rest, odd);
      rest %= odd;
      if (rest == 0) break;
      rest >>= std::countr_zero(rest);
    }
    if (odd == 0) odd = rest;
    if (odd == 1) break;
    inverse = InverseOfOdd(odd);
    quotient_max = UINT64_MAX / odd;
  }
  divisor.odd = odd;
  divisor.inverse = InverseOfOdd(odd);
  return divisor;
}

// One frame's streams: what the modes pack.
struct Scratch {
  std::vector<uint64_t> steps;  // in units of the divisor
  std::vector<uint64_t> step_changes;
  std::vector<uint64_t> levels;  // values, or with a divisor their distance from the first
  std::vector<uint64_t> residuals;
};

class FrameEncoder {
 public:
  FrameEncoder(std::span<const int64_t> values, bool with_trend, std::string* out)
      : values_(values), with_trend_(with_trend), out_(out), writer_(out) {}

  void Encode() {
    const size_t count = values_.size();
    scratch_.steps.clear();
    bool linear = true;
    for (size_t i = 1; i < count; ++i) {
      scratch_.steps.push_back(Bits(i) - Bits(i - 1));
      linear &= scratch_.steps.back() == scratch_.steps.front();
    }
    if (linear) return EncodeLinear();
    if (count >= kScaledCountMin) {
      divisor_ = CommonDivisor(scratch_.steps);
      if (divisor_.value() > 1) {
        for (uint64_t& step : scratch_.steps) step = divisor_.Divide(step);
      }
    }
    EncodeCheapest();
  }

 private:
  uint64_t Bits(size_t i) const { return static_cast<uint64_t>(values_[i]); }
  bool scaled() const { return divisor_.value() > 1; }

  void EncodeLinear() {
    const bool constant = scratch_.steps.empty() || scratch_.steps.front() == 0;
    writer_.U8(static_cast<uint8_t>(constant ? IntegerMode::kConstant : IntegerMode::kLinear));
    writer_.ZigZag(values_[0]);
    if (!constant) writer_.ZigZag(static_cast<int64_t>(scratch_.steps.front()));
  }

  void EncodeCheapest() {
    scratch_.levels.clear();
    uint64_t level = scaled() ? 0 : Bits(0);
    scratch_.levels.push_back(level);
    for (const uint64_t step : scratch_.steps) scratch_.levels.push_back(level += step);
    scratch_.step_changes.clear();
    for (size_t i = 1; i < scratch_.steps.size(); ++i) {
      scratch_.step_changes.push_back(scratch_.steps[i] - scratch_.steps[i - 1]);
    }
    const size_t first_bits = 8 * VarintBytes(ZigZag(values_[0]));
    // The likeliest first: what it costs spares the others their search for outliers.
    const FramePlan steps = PlanFrame(scratch_.steps);
    const size_t steps_bits = steps.cost_bits + first_bits;
    const FramePlan levels = PlanFrame(scratch_.levels, steps_bits);
    const size_t levels_bits = levels.cost_bits + (scaled() ? first_bits : 0);
    const FramePlan changes = PlanFrame(scratch_.step_changes, std::min(steps_bits, levels_bits));
    const size_t changes_bits =
        changes.cost_bits + first_bits + 8 * VarintBytes(ZigZag(FirstStep()));
    const size_t best_bits = std::min({levels_bits, steps_bits, changes_bits});
    if (with_trend_ && EncodeTrend(first_bits, best_bits)) return;
    // Equal costs go to the mode that decodes faster.
    if (levels_bits == best_bits) {
      Head(IntegerMode::kFrame);
      if (scaled()) writer_.ZigZag(values_[0]);
      EncodeFrame(scratch_.levels, levels, out_);
    } else if (steps_bits == best_bits) {
      Head(IntegerMode::kDelta);
      writer_.ZigZag(values_[0]);
      EncodeFrame(scratch_.steps, steps, out_);
    } else {
      Head(IntegerMode::kDeltaOfDelta);
      writer_.ZigZag(values_[0]);
      writer_.ZigZag(FirstStep());
      EncodeFrame(scratch_.step_changes, changes, out_);
    }
  }

  bool EncodeTrend(size_t first_bits, size_t best_bits) {
    const uint64_t rise = scratch_.levels.back() - scratch_.levels.front();
    const int64_t step =
        static_cast<int64_t>(std::nearbyint(static_cast<double>(static_cast<int64_t>(rise)) /
                                            static_cast<double>(scratch_.steps.size())));
    scratch_.residuals.clear();
    uint64_t line = scratch_.levels.front();
    for (const uint64_t level : scratch_.levels) {
      scratch_.residuals.push_back(level - line);
      line += static_cast<uint64_t>(step);
    }
    const FramePlan plan = PlanFrame(scratch_.residuals);
    if (plan.cost_bits + first_bits + 8 * VarintBytes(ZigZag(step)) >= best_bits) return false;
    Head(IntegerMode::kTrend);
    writer_.ZigZag(values_[0]);
    writer_.ZigZag(step);
    EncodeFrame(scratch_.residuals, plan, out_);
    return true;
  }

  int64_t FirstStep() const { return static_cast<int64_t>(scratch_.steps.front()); }

  void Head(IntegerMode mode) {
    writer_.U8(static_cast<uint8_t>(static_cast<uint8_t>(mode) | (scaled() ? kScaledBit : 0)));
    if (scaled()) writer_.Varint(divisor_.value());
  }

  static thread_local Scratch scratch_;

  std::span<const int64_t> values_;
  bool with_trend_;
  std::string* out_;
  ByteWriter writer_;
  Divisor divisor_;
};

thread_local Scratch FrameEncoder::scratch_;

void Encode(std::span<const int64_t> values, bool with_trend, std::string* out) {
  while (!values.empty()) {
    const size_t count = std::min(values.size(), kIntegerFrameCountMax);
    FrameEncoder(values.first(count), with_trend, out).Encode();
    values = values.subspan(count);
  }
}

// The values of a frame that are wanted: [begin, end).
struct Wanted {
  size_t begin;
  size_t end;
};

void FillLinear(int64_t first, int64_t step, Wanted wanted, uint64_t* out) {
  uint64_t value = static_cast<uint64_t>(first) + wanted.begin * static_cast<uint64_t>(step);
  for (size_t i = wanted.begin; i < wanted.end; ++i, value += static_cast<uint64_t>(step)) {
    out[i] = value;
  }
}

// Turns the unpacked distances that begin at out[lead] into values, in place, as far as wanted.
bool DecodePacked(ByteReader* reader, IntegerMode mode, uint64_t scale, size_t count, Wanted wanted,
                  uint64_t* out) {
  int64_t first = 0;
  int64_t second = 0;  // the first step, or the slope of the line
  uint64_t base = 0;
  const bool has_first = mode != IntegerMode::kFrame || scale != 1;
  if (has_first && !reader->ZigZag(&first)) return false;
  if (mode == IntegerMode::kDeltaOfDelta || mode == IntegerMode::kTrend) {
    if (!reader->ZigZag(&second)) return false;
  }
  const size_t lead = mode == IntegerMode::kDelta ? 1 : mode == IntegerMode::kDeltaOfDelta ? 2 : 0;
  if (count < lead || !DecodeFrame(reader, count - lead, out + lead, &base)) return false;
  uint64_t value = static_cast<uint64_t>(first);
  uint64_t step = static_cast<uint64_t>(second) * scale;
  base *= scale;
  switch (mode) {
    case IntegerMode::kFrame:
      value += base;
      for (size_t i = wanted.begin; i < wanted.end; ++i) out[i] = value + out[i] * scale;
      return true;
    case IntegerMode::kTrend:
      value += base + wanted.begin * step;
      for (size_t i = wanted.begin; i < wanted.end; ++i, value += step) {
        out[i] = value + out[i] * scale;
      }
      return true;
    case IntegerMode::kDelta: {
      out[0] = 0;
      // What comes before is added up at once, which is several times as fast as one by one.
      uint64_t steps = 0;
      for (size_t i = 1; i <= wanted.begin; ++i) steps += out[i];
      out[wanted.begin] = value += wanted.begin * base + steps * scale;
      for (size_t i = wanted.begin + 1; i < wanted.end; ++i)
        out[i] = value += base + out[i] * scale;
      return true;
    }
    case IntegerMode::kDeltaOfDelta:
      out[0] = value;
      out[1] = value += step;
      for (size_t i = 2; i < wanted.end; ++i) {
        step += base + out[i] * scale;
        out[i] = value += step;
      }
      return true;
    case IntegerMode::kConstant:
    case IntegerMode::kLinear:
      break;
  }
  return false;
}

// `wanted` is not empty.
bool DecodeOneFrame(ByteReader* reader, size_t count, Wanted wanted, uint64_t* out) {
  uint8_t head = 0;
  if (!reader->U8(&head)) return false;
  const auto mode = static_cast<IntegerMode>(head & kModeMask);
  if ((head & ~(kModeMask | kScaledBit)) != 0) return false;
  if (mode == IntegerMode::kConstant || mode == IntegerMode::kLinear) {
    int64_t first = 0;
    int64_t step = 0;
    if (!reader->ZigZag(&first)) return false;
    if (mode == IntegerMode::kLinear && !reader->ZigZag(&step)) return false;
    FillLinear(first, step, wanted, out);
    return true;
  }
  uint64_t scale = 1;
  if ((head & kScaledBit) != 0 && (!reader->Varint(&scale) || scale <= 1)) return false;
  return DecodePacked(reader, mode, scale, count, wanted, out);
}

}  // namespace

void EncodeIntegers(std::span<const int64_t> values, std::string* out) {
  Encode(values, /*with_trend=*/false, out);
}

void EncodeIntegersWithTrend(std::span<const int64_t> values, std::string* out) {
  Encode(values, /*with_trend=*/true, out);
}

absl::Status DecodeIntegers(std::string_view* in, size_t count, int64_t* out) {
  return DecodeIntegerRange(in, count, 0, count, out);
}

absl::Status DecodeIntegerRange(std::string_view* in, size_t count, size_t begin, size_t end,
                                int64_t* out) {
  ByteReader reader(*in);
  for (size_t done = 0; done < count;) {
    const size_t frame = std::min(count - done, kIntegerFrameCountMax);
    // Of a frame that is only passed, any one value will do.
    Wanted wanted{std::max(begin, done) - done, std::min(end, done + frame) - done};
    if (begin >= done + frame || end <= done) wanted = {0, 1};
    // A signed type may be accessed through its unsigned one.
    if (!DecodeOneFrame(&reader, frame, wanted, reinterpret_cast<uint64_t*>(out) + done)) {
      return absl::DataLossError(StrCat("cannot decode integer column: damaged at value ", done,
                                        " of ", count, " in ", in->size(), " bytes"));
    }
    done += frame;
  }
  in->remove_prefix(reader.offset());
  return absl::OkStatus();
}

absl::Status DecodeIntegers(std::string_view* in, size_t count, std::vector<int64_t>* out) {
  // Every frame takes two bytes or more: a damaged count must not allocate.
  const size_t frames = (count + kIntegerFrameCountMax - 1) / kIntegerFrameCountMax;
  if (frames > in->size() / 2) {
    return absl::DataLossError(
        StrCat("cannot decode integer column: ", in->size(), " bytes, want at least ", frames * 2));
  }
  out->resize(count);
  absl::Status status = DecodeIntegers(in, count, out->data());
  if (!status.ok()) out->clear();
  return status;
}

IntegerMode PeekIntegerMode(std::string_view bytes) {
  if (bytes.empty()) return IntegerMode::kConstant;
  return static_cast<IntegerMode>(static_cast<uint8_t>(bytes[0]) & kModeMask);
}

}  // namespace varve::storage
