#include "server/remote_read/chunk_bit_writer.h"
#include "server/remote_read/sample_chunk.h"

namespace varve::server {
namespace {

// <varbit_ts>: the widths of a delta of deltas in milliseconds, for prefixes of one to three ones.
constexpr int kTimeWidths[] = {14, 17, 20};

void WriteTimeDelta(int64_t delta_of_delta, ChunkBitWriter* bits) {
  if (delta_of_delta == 0) return bits->Bits(0, 1);
  int ones = 1;
  for (const int width : kTimeWidths) {
    if (FitsSignedField(delta_of_delta, width)) {
      bits->Bits((uint64_t{1} << (ones + 1)) - 2, ones + 1);
      return bits->Bits(static_cast<uint64_t>(delta_of_delta), width);
    }
    ++ones;
  }
  bits->Bits(0b1111, 4);
  bits->Bits(static_cast<uint64_t>(delta_of_delta), 64);
}

}  // namespace

SampleChunk EncodeXorChunk(std::span<const int64_t> timestamps_ms, std::span<const double> values) {
  SampleChunk chunk;
  chunk.min_time_ms = timestamps_ms.front();
  chunk.max_time_ms = timestamps_ms.back();
  ChunkBitWriter bits;
  bits.Bits(timestamps_ms.size(), 16);
  bits.Varint(timestamps_ms[0]);
  bits.Float(values[0]);
  XorWindow window;
  // Differences wrap, so that any two timestamps have one.
  uint64_t last_delta = 0;
  for (size_t i = 1; i < timestamps_ms.size(); ++i) {
    const uint64_t delta =
        static_cast<uint64_t>(timestamps_ms[i]) - static_cast<uint64_t>(timestamps_ms[i - 1]);
    if (i == 1) {
      bits.Uvarint(delta);
    } else {
      WriteTimeDelta(static_cast<int64_t>(delta - last_delta), &bits);
    }
    last_delta = delta;
    bits.Xor(values[i], values[i - 1], &window);
  }
  chunk.data = bits.Take();
  return chunk;
}

}  // namespace varve::server
