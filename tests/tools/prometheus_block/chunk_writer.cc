#include "tests/tools/prometheus_block/chunk_writer.h"

#include <bit>
#include <cmath>

namespace varve::tools {
namespace {

using storage::Histogram;
using storage::HistogramSample;
using storage::HistogramSpan;

class BitAppender {
 public:
  void Bits(uint64_t value, unsigned width) {
    for (unsigned bit = width; bit-- > 0;) {
      if (used_ == 0) bytes_.push_back('\0');
      if ((value >> bit & 1) != 0) bytes_.back() = static_cast<char>(bytes_.back() | 0x80 >> used_);
      used_ = (used_ + 1) % 8;
    }
  }
  void Double(double value) { Bits(std::bit_cast<uint64_t>(value), 64); }
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) Bits((value & 0x7f) | 0x80, 8);
    Bits(value, 8);
  }

  // In the narrowest of `widths` in which the number fits, behind as many ones as it is far.
  void Prefixed(int64_t value, const std::vector<unsigned>& widths) {
    for (size_t i = 0; i < widths.size(); ++i) {
      const bool last = i + 1 == widths.size();
      if (!last && !Fits(value, widths[i])) {
        Bits(1, 1);
        continue;
      }
      if (!last) Bits(0, 1);
      Bits(static_cast<uint64_t>(value), widths[i]);
      return;
    }
  }
  void VarbitInt(int64_t value) { Prefixed(value, {0, 3, 6, 9, 12, 18, 25, 56, 64}); }
  void VarbitUint(uint64_t value) {
    const unsigned widths[] = {0, 3, 6, 9, 12, 18, 25, 56, 64};
    for (size_t i = 0; i < 9; ++i) {
      if (i < 8 && std::bit_width(value) > widths[i]) {
        Bits(1, 1);
        continue;
      }
      if (i < 8) Bits(0, 1);
      return Bits(value, widths[i]);
    }
  }

  std::string Take() { return std::move(bytes_); }

 private:
  static bool Fits(int64_t value, unsigned width) {
    if (width == 0) return value == 0;
    const int64_t most = int64_t{1} << (width - 1);
    return value >= 1 - most && value <= most;
  }

  std::string bytes_;
  unsigned used_ = 0;  // bits of the last byte
};

class XorAppender {
 public:
  void First(double value, BitAppender* out) {
    before_ = std::bit_cast<uint64_t>(value);
    out->Double(value);
  }
  void Next(double value, BitAppender* out) {
    const uint64_t bits = std::bit_cast<uint64_t>(value);
    const uint64_t change = bits ^ before_;
    before_ = bits;
    if (change == 0) return out->Bits(0, 1);
    out->Bits(1, 1);
    const auto leading = static_cast<unsigned>(std::min(std::countl_zero(change), 31));
    const auto trailing = static_cast<unsigned>(std::countr_zero(change));
    if (has_window_ && leading >= leading_ && trailing >= trailing_) {
      out->Bits(0, 1);
      return out->Bits(change >> trailing_, 64 - leading_ - trailing_);
    }
    has_window_ = true;
    leading_ = leading;
    trailing_ = trailing;
    const unsigned width = 64 - leading - trailing;
    out->Bits(1, 1);
    out->Bits(leading, 5);
    out->Bits(width % 64, 6);
    out->Bits(change >> trailing, width);
  }

 private:
  uint64_t before_ = 0;
  bool has_window_ = false;
  unsigned leading_ = 0;
  unsigned trailing_ = 0;
};

// An integer by the change of its change.
class ChangeAppender {
 public:
  void First(int64_t value) { value_ = value; }
  void Next(int64_t value, bool second, BitAppender* out) {
    const int64_t delta = value - value_;
    out->VarbitInt(second ? delta : delta - delta_);
    value_ = value;
    delta_ = delta;
  }

 private:
  int64_t value_ = 0;
  int64_t delta_ = 0;
};

void WriteSpans(const std::vector<HistogramSpan>& spans, BitAppender* out) {
  out->VarbitUint(spans.size());
  for (const HistogramSpan& span : spans) {
    out->VarbitUint(span.length);
    out->VarbitInt(span.offset);
  }
}

void WriteLayout(const Histogram& first, BitAppender* out) {
  out->Bits(first.reset_hint == storage::CounterResetHint::kGauge ? 0xc0 : 0, 8);
  int exponent = 0;
  if (first.zero_threshold == 0) {
    out->Bits(0, 8);
  } else if (std::frexp(first.zero_threshold, &exponent) == 0.5 && exponent >= -242 &&
             exponent <= 11) {
    out->Bits(static_cast<uint64_t>(exponent + 243), 8);
  } else {
    out->Bits(255, 8);
    out->Double(first.zero_threshold);
  }
  out->VarbitInt(first.schema);
  WriteSpans(first.positive_spans, out);
  WriteSpans(first.negative_spans, out);
  if (!first.uses_custom_buckets()) return;
  out->VarbitUint(first.custom_values.size());
  for (const double value : first.custom_values) {
    const double thousandths = value * 1000;
    if (thousandths >= 0 && thousandths <= 33'554'430 && std::floor(thousandths) == thousandths) {
      out->VarbitUint(static_cast<uint64_t>(thousandths) + 1);
    } else {
      out->Bits(0, 1);
      out->Double(value);
    }
  }
}

std::vector<double> CountsOf(const Histogram& histogram) {
  std::vector<double> counts = histogram.positive_counts;
  counts.insert(counts.end(), histogram.negative_counts.begin(), histogram.negative_counts.end());
  return counts;
}

// Each bucket less the one before it; the negative ones begin anew.
std::vector<int64_t> DeltasOf(const Histogram& histogram) {
  std::vector<int64_t> deltas;
  for (const auto* counts : {&histogram.positive_counts, &histogram.negative_counts}) {
    int64_t before = 0;
    for (const double count : *counts) {
      deltas.push_back(static_cast<int64_t>(count) - before);
      before = static_cast<int64_t>(count);
    }
  }
  return deltas;
}

void WriteFloatHistograms(const std::vector<HistogramSample>& samples, BitAppender* out) {
  ChangeAppender time;
  XorAppender count, zero_count, sum;
  std::vector<XorAppender> buckets(CountsOf(samples[0].histogram).size());
  for (size_t i = 0; i < samples.size(); ++i) {
    const Histogram& histogram = samples[i].histogram;
    const std::vector<double> counts = CountsOf(histogram);
    const auto write = [&](XorAppender* appender, double value) {
      i == 0 ? appender->First(value, out) : appender->Next(value, out);
    };
    if (i == 0) {
      time.First(samples[0].timestamp_ms);
      out->VarbitInt(samples[0].timestamp_ms);
    } else {
      time.Next(samples[i].timestamp_ms, i == 1, out);
    }
    write(&count, histogram.count);
    write(&zero_count, histogram.zero_count);
    write(&sum, histogram.sum);
    for (size_t b = 0; b < counts.size(); ++b) write(&buckets[b], counts[b]);
  }
}

void WriteIntegerHistograms(const std::vector<HistogramSample>& samples, BitAppender* out) {
  ChangeAppender time, count, zero_count;
  XorAppender sum;
  std::vector<ChangeAppender> buckets(DeltasOf(samples[0].histogram).size());
  for (size_t i = 0; i < samples.size(); ++i) {
    const Histogram& histogram = samples[i].histogram;
    const std::vector<int64_t> deltas = DeltasOf(histogram);
    const auto whole = static_cast<int64_t>(histogram.count);
    const auto zeros = static_cast<int64_t>(histogram.zero_count);
    if (i == 0) {
      time.First(samples[0].timestamp_ms);
      count.First(whole);
      zero_count.First(zeros);
      out->VarbitInt(samples[0].timestamp_ms);
      out->VarbitUint(static_cast<uint64_t>(whole));
      out->VarbitUint(static_cast<uint64_t>(zeros));
      sum.First(histogram.sum, out);
      for (size_t b = 0; b < deltas.size(); ++b) {
        buckets[b].First(deltas[b]);
        out->VarbitInt(deltas[b]);
      }
      continue;
    }
    time.Next(samples[i].timestamp_ms, i == 1, out);
    count.Next(whole, i == 1, out);
    zero_count.Next(zeros, i == 1, out);
    sum.Next(histogram.sum, out);
    for (size_t b = 0; b < deltas.size(); ++b) buckets[b].Next(deltas[b], i == 1, out);
  }
}

}  // namespace

std::string WriteXorChunk(const std::vector<storage::Sample>& samples) {
  BitAppender out;
  out.Bits(samples.size(), 16);
  XorAppender value;
  int64_t delta = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const int64_t time = samples[i].timestamp_ms;
    if (i == 0) {
      out.Varint(static_cast<uint64_t>(time << 1) ^ static_cast<uint64_t>(time >> 63));
      value.First(samples[0].value, &out);
      continue;
    }
    const int64_t next = time - samples[i - 1].timestamp_ms;
    if (i == 1) {
      out.Varint(static_cast<uint64_t>(next));
    } else {
      out.Prefixed(next - delta, {0, 14, 17, 20, 64});
    }
    delta = next;
    value.Next(samples[i].value, &out);
  }
  return out.Take();
}

std::string WriteHistogramChunk(const std::vector<HistogramSample>& samples) {
  BitAppender out;
  out.Bits(samples.size(), 16);
  WriteLayout(samples[0].histogram, &out);
  if (samples[0].histogram.is_float) {
    WriteFloatHistograms(samples, &out);
  } else {
    WriteIntegerHistograms(samples, &out);
  }
  return out.Take();
}

}  // namespace varve::tools
