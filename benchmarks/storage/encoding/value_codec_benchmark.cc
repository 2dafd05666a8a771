// Chunks of each family: nanoseconds and bytes per value.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "benchmarks/storage/encoding/sample_columns.h"
#include "storage/encoding/value_codec.h"

namespace varve::storage {
namespace {

constexpr size_t kSampleCount = 15 * 480;

std::vector<double> Column(const benchmark::State& state) {
  return SampleColumn(static_cast<ColumnFamily>(state.range(0)), kSampleCount, 42);
}

std::span<const double> Chunk(const std::vector<double>& column, size_t begin, size_t count) {
  return std::span(column).subspan(begin, std::min(count, column.size() - begin));
}

void Report(benchmark::State& state, size_t bytes) {
  state.SetLabel(std::string(kColumnFamilyNames[state.range(0)]));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kSampleCount));
  state.counters["bytes_per_value"] = static_cast<double>(bytes) / kSampleCount;
}

void BM_ValueCodec_Encode(benchmark::State& state) {
  const std::vector<double> column = Column(state);
  const size_t chunk_count = static_cast<size_t>(state.range(1));
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    for (size_t at = 0; at < column.size(); at += chunk_count) {
      EncodeValues(Chunk(column, at, chunk_count), &bytes);
    }
    benchmark::DoNotOptimize(bytes.data());
  }
  Report(state, bytes.size());
}

void BM_ValueCodec_Decode(benchmark::State& state) {
  const std::vector<double> column = Column(state);
  const size_t chunk_count = static_cast<size_t>(state.range(1));
  std::vector<std::string> chunks;
  size_t bytes = 0;
  for (size_t at = 0; at < column.size(); at += chunk_count) {
    EncodeValues(Chunk(column, at, chunk_count), &chunks.emplace_back());
    bytes += chunks.back().size();
  }
  std::vector<double> decoded(column.size());
  for (auto _ : state) {
    size_t at = 0;
    for (const std::string& chunk : chunks) {
      const size_t count = std::min(chunk_count, column.size() - at);
      if (!DecodeValues(chunk, count, decoded.data() + at).ok()) state.SkipWithError("damaged");
      at += count;
    }
    benchmark::DoNotOptimize(decoded.data());
    benchmark::ClobberMemory();
  }
  Report(state, bytes);
}

void Families(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"family", "chunk_count"});
  for (int family = 0; family < kColumnFamilyCount; ++family) {
    for (const int chunk_count : {120, 480}) benchmark->Args({family, chunk_count});
  }
}

BENCHMARK(BM_ValueCodec_Encode)->Apply(Families)->MinTime(0.05);
BENCHMARK(BM_ValueCodec_Decode)->Apply(Families)->MinTime(0.05);

}  // namespace
}  // namespace varve::storage
