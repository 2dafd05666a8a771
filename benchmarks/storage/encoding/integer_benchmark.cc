// The integer kernels below the value codec: packing, columns of timestamps, Gorilla streams, LZ4.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "benchmarks/storage/encoding/sample_columns.h"
#include "storage/encoding/bit_packing.h"
#include "storage/encoding/bit_stream.h"
#include "storage/encoding/gorilla.h"
#include "storage/encoding/lz4_codec.h"
#include "storage/encoding/timestamp_codec.h"

namespace varve::storage {
namespace {

void BM_BitPacking_Unpack(benchmark::State& state) {
  const size_t count = static_cast<size_t>(state.range(0));
  const unsigned width = static_cast<unsigned>(state.range(1));
  std::mt19937_64 random(1);
  std::vector<uint64_t> values(count), unpacked(count);
  for (uint64_t& value : values) value = random() & LowBits(width);
  std::string bytes;
  PackBits(values, width, &bytes);
  for (auto _ : state) {
    benchmark::DoNotOptimize(UnpackBits(bytes, count, width, unpacked.data()));
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * count));
}
BENCHMARK(BM_BitPacking_Unpack)
    ->ArgNames({"count", "width"})
    ->ArgsProduct({{120, 256, 4096}, {3, 12, 25, 40, 57, 60}})
    ->MinTime(0.05);

void BM_BitPacking_UnpackPortable(benchmark::State& state) {
  const unsigned width = static_cast<unsigned>(state.range(0));
  std::vector<uint64_t> values(256, 1), unpacked(256);
  std::string bytes;
  PackBits(values, width, &bytes);
  for (auto _ : state) {
    UnpackBitsPortable(bytes, values.size(), width, unpacked.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * values.size()));
}
BENCHMARK(BM_BitPacking_UnpackPortable)->ArgName("width")->Arg(12)->Arg(40)->MinTime(0.05);

std::vector<int64_t> Scrapes(size_t count, uint64_t jitter_ms) {
  std::mt19937_64 random(2);
  std::vector<int64_t> timestamps;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t offset_ms = i * 15'000 + random() % jitter_ms;
    timestamps.push_back(1'700'000'000'000 + static_cast<int64_t>(offset_ms));
  }
  return timestamps;
}

void BM_TimestampCodec_Decode(benchmark::State& state) {
  const auto timestamps = Scrapes(480, static_cast<uint64_t>(state.range(0)));
  std::string bytes;
  EncodeTimestamps(timestamps, &bytes);
  std::vector<int64_t> decoded(timestamps.size());
  for (auto _ : state) {
    std::string_view in = bytes;
    benchmark::DoNotOptimize(DecodeTimestamps(&in, decoded.size(), decoded.data()));
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * timestamps.size()));
  state.counters["bytes_per_value"] =
      static_cast<double>(bytes.size()) / static_cast<double>(timestamps.size());
}
BENCHMARK(BM_TimestampCodec_Decode)->ArgName("jitter_ms")->Arg(1)->Arg(7)->Arg(500)->MinTime(0.05);

void BM_TimestampCodec_Encode(benchmark::State& state) {
  const auto timestamps = Scrapes(480, static_cast<uint64_t>(state.range(0)));
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    EncodeTimestamps(timestamps, &bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * timestamps.size()));
}
BENCHMARK(BM_TimestampCodec_Encode)->ArgName("jitter_ms")->Arg(1)->Arg(7)->MinTime(0.05);

void BM_Gorilla_Append(benchmark::State& state) {
  const auto family = static_cast<ColumnFamily>(state.range(0));
  const auto values = SampleColumn(family, 120, 3);
  const auto timestamps = Scrapes(120, static_cast<uint64_t>(state.range(1)));
  size_t bytes = 0;
  for (auto _ : state) {
    GorillaEncoder encoder;
    for (size_t i = 0; i < values.size(); ++i) encoder.Append(timestamps[i], values[i]);
    bytes = encoder.bytes().size();
    benchmark::DoNotOptimize(bytes);
  }
  state.SetLabel(std::string(kColumnFamilyNames[state.range(0)]));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * values.size()));
  state.counters["bytes_per_value"] = static_cast<double>(bytes) / 120;
}

void BM_Gorilla_Decode(benchmark::State& state) {
  const auto family = static_cast<ColumnFamily>(state.range(0));
  const auto values = SampleColumn(family, 120, 3);
  const auto timestamps = Scrapes(120, static_cast<uint64_t>(state.range(1)));
  GorillaEncoder encoder;
  for (size_t i = 0; i < values.size(); ++i) encoder.Append(timestamps[i], values[i]);
  std::vector<int64_t> decoded_timestamps(120);
  std::vector<double> decoded(120);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        DecodeGorilla(encoder.bytes(), 120, decoded_timestamps.data(), decoded.data()));
    benchmark::ClobberMemory();
  }
  state.SetLabel(std::string(kColumnFamilyNames[state.range(0)]));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * values.size()));
}
void GorillaFamilies(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"family", "jitter_ms"})->MinTime(0.05);
  for (const ColumnFamily family :
       {ColumnFamily::kUpFlipping2Percent, ColumnFamily::kCounterStep0To20,
        ColumnFamily::kGaugeTwoDecimals, ColumnFamily::kLatencySum}) {
    for (const int jitter_ms : {1, 7}) benchmark->Args({static_cast<int>(family), jitter_ms});
  }
}
BENCHMARK(BM_Gorilla_Append)->Apply(GorillaFamilies);
BENCHMARK(BM_Gorilla_Decode)->Apply(GorillaFamilies);

void BM_Lz4_Decompress(benchmark::State& state) {
  std::string raw, block, out;
  for (int i = 0; raw.size() < 1u << 20; ++i) {
    raw += "ts=" + std::to_string(i) + " level=info msg=\"request served\" status=200\n";
  }
  Lz4Compress(raw, &block);
  for (auto _ : state) benchmark::DoNotOptimize(Lz4Decompress(block, raw.size(), &out));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * raw.size()));
}
BENCHMARK(BM_Lz4_Decompress)->MinTime(0.05);

}  // namespace
}  // namespace varve::storage
