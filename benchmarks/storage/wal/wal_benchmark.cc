// Encoding and decoding of WAL records, and the checksum over them.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "storage/io/crc32c.h"
#include "storage/io/simulated_file_system.h"
#include "storage/wal/sample_record.h"
#include "storage/wal/wal_writer.h"

namespace varve::storage {
namespace {

constexpr size_t kSamples = 2000;  // a remote-write request

// A scrape: a third zeros, counters of up to seven digits, every fifth a fraction.
std::vector<double> ScrapeValues() {
  std::mt19937_64 random(1);
  std::vector<double> values(kSamples);
  for (size_t i = 0; i < kSamples; ++i) {
    values[i] = i % 3 == 0   ? 0
                : i % 5 == 0 ? static_cast<double>(random() % 1'000'000) / 1e6
                             : static_cast<double>(random() % 10'000'000);
  }
  return values;
}

void EncodeScrape(const std::vector<double>& values, SampleRecordEncoder* encoder) {
  for (size_t i = 0; i < values.size(); ++i) {
    encoder->Begin(i);
    encoder->Add(1'700'000'000'000, values[i]);
  }
}

void BM_SampleRecord_Encode(benchmark::State& state) {
  const std::vector<double> values = ScrapeValues();
  SampleRecordEncoder encoder;
  std::string payload;
  for (auto _ : state) {
    payload.clear();
    EncodeScrape(values, &encoder);
    encoder.Finish(&payload);
    benchmark::DoNotOptimize(payload.data());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kSamples));
  state.counters["bytes_per_sample"] =
      static_cast<double>(payload.size()) / static_cast<double>(kSamples);
}
BENCHMARK(BM_SampleRecord_Encode);

void BM_SampleRecord_Decode(benchmark::State& state) {
  SampleRecordEncoder encoder;
  std::string payload;
  EncodeScrape(ScrapeValues(), &encoder);
  encoder.Finish(&payload);
  SampleRecordDecoder decoder;
  for (auto _ : state) {
    if (!decoder.Decode(payload).ok()) state.SkipWithError("damaged");
    benchmark::DoNotOptimize(decoder.values().data());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kSamples));
}
BENCHMARK(BM_SampleRecord_Decode);

void BM_WalWriter_AppendUnsynced(benchmark::State& state) {
  SimulatedFileSystem files;
  auto writer = WalWriter::Open(&files, "wal", 1, {});
  const std::string payload(10'000, 'x');
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        (*writer)->Append(WalRecordType::kSamples, [&](uint64_t, std::string* bytes) {
          bytes->append(payload);
          return size_t{0};  // definitions
        }));
  }
}
BENCHMARK(BM_WalWriter_AppendUnsynced)->Iterations(10'000);

void BM_Crc32c(benchmark::State& state) {
  const std::string data(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(Crc32c(data));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Crc32c)->ArgName("bytes")->Arg(64)->Arg(10'000)->Arg(1 << 20);

}  // namespace
}  // namespace varve::storage
