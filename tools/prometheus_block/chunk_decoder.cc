#include "tools/prometheus_block/chunk_decoder.h"

#include "storage/model/text.h"
#include "tools/prometheus_block/bit_reader.h"

namespace varve::tools {
namespace {

// <varbit_ts>: how much a delta differs from the one before.
int64_t ReadDeltaOfDelta(BlockBitReader* reader) {
  constexpr unsigned kWidths[] = {0, 14, 17, 20, 64};
  unsigned ones = 0;
  while (ones < 4 && reader->ReadBit()) ++ones;
  return reader->ReadSigned(kWidths[ones]);
}

absl::Status DecodeXorChunk(std::string_view data, SeriesSamples* samples) {
  BlockBitReader reader(data);
  const uint64_t count = reader.ReadBits(16);
  if (!reader.ok()) return ChunkDamagedError("no number of samples");
  // Unsigned, so that nonsense wraps instead of overflowing.
  uint64_t time = 0;
  uint64_t delta = 0;
  XorFloat value;
  for (uint64_t i = 0; i < count; ++i) {
    if (i == 0) {
      time = static_cast<uint64_t>(reader.ReadZigZag());
      value = XorFloat(reader.ReadDouble());
    } else {
      delta =
          i == 1 ? reader.ReadVarint() : delta + static_cast<uint64_t>(ReadDeltaOfDelta(&reader));
      time += delta;
      value.Next(&reader);
    }
    if (!reader.ok()) return ChunkDamagedError("its end before its last sample");
    samples->floats.push_back({static_cast<int64_t>(time), value.value()});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ChunkDamagedError(std::string_view found) {
  return absl::DataLossError(
      storage::StrCat("cannot decode chunk: ", found, ", want a Prometheus chunk"));
}

absl::Status DecodeChunk(uint8_t encoding, std::string_view data, SeriesSamples* samples) {
  switch (encoding) {
    case kXorChunk:
      return DecodeXorChunk(data, samples);
    case kHistogramChunk:
    case kFloatHistogramChunk:
      return DecodeHistogramChunk(encoding == kFloatHistogramChunk, data, samples);
    default:
      return absl::UnimplementedError(storage::StrCat("cannot decode chunk: encoding ", encoding,
                                                      ", want XOR, histogram or float histogram"));
  }
}

}  // namespace varve::tools
