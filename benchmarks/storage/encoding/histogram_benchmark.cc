// Histograms of request durations: nanoseconds and bytes per histogram, as a stream (head and WAL)
// and as chunks (parts).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "benchmarks/storage/encoding/latency_histograms.h"
#include "storage/encoding/histogram_chunk.h"
#include "storage/encoding/histogram_stream.h"

namespace varve::storage {
namespace {

constexpr size_t kSeriesCount = 20;
constexpr size_t kScrapes = 720;  // three hours

const std::vector<std::vector<HistogramPtr>>& AllSeries() {
  static const auto* const kAll = [] {
    auto* all = new std::vector<std::vector<HistogramPtr>>();
    for (uint64_t seed = 0; seed < kSeriesCount; ++seed) {
      all->push_back(LatencySeries(seed, kScrapes));
    }
    return all;
  }();
  return *kAll;
}

void Report(benchmark::State& state, size_t bytes) {
  size_t buckets = 0;
  for (const auto& series : AllSeries()) {
    for (const HistogramPtr& histogram : series) buckets += histogram->positive_counts.size();
  }
  constexpr double kHistograms = kSeriesCount * kScrapes;
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) *
                          static_cast<int64_t>(kSeriesCount * kScrapes));
  state.counters["bytes_per_histogram"] = static_cast<double>(bytes) / kHistograms;
  state.counters["buckets"] = static_cast<double>(buckets) / kHistograms;
}

void BM_HistogramStream_Encode(benchmark::State& state) {
  size_t bytes = 0;
  for (auto _ : state) {
    bytes = 0;
    for (const auto& series : AllSeries()) {
      HistogramStreamEncoder encoder;
      for (size_t i = 0; i < series.size(); ++i) {
        encoder.Append(*series[i]);
        if (i % 120 == 119) bytes += encoder.Seal().size();
      }
    }
  }
  Report(state, bytes);
}

void BM_HistogramStream_Decode(benchmark::State& state) {
  std::vector<std::string> streams;
  size_t bytes = 0;
  for (const auto& series : AllSeries()) {
    HistogramStreamEncoder encoder;
    for (const HistogramPtr& histogram : series) encoder.Append(*histogram);
    bytes += streams.emplace_back(encoder.Seal()).size();
  }
  for (auto _ : state) {
    for (const std::string& stream : streams) {
      HistogramStreamDecoder decoder(stream);
      while (decoder.Next()) benchmark::DoNotOptimize(decoder.histogram().count);
    }
  }
  Report(state, bytes);
}

void BM_HistogramChunk_Encode(benchmark::State& state) {
  const auto chunk = static_cast<size_t>(state.range(0));
  size_t bytes = 0;
  for (auto _ : state) {
    bytes = 0;
    std::string encoded;
    for (const auto& series : AllSeries()) {
      for (size_t at = 0; at < series.size(); at += chunk) {
        encoded.clear();
        EncodeHistograms(std::span(series).subspan(at, std::min(chunk, series.size() - at)),
                         &encoded);
        bytes += encoded.size();
      }
    }
  }
  Report(state, bytes);
}

void BM_HistogramChunk_Decode(benchmark::State& state) {
  const auto chunk = static_cast<size_t>(state.range(0));
  std::vector<std::pair<std::string, size_t>> chunks;
  size_t bytes = 0;
  for (const auto& series : AllSeries()) {
    for (size_t at = 0; at < series.size(); at += chunk) {
      const size_t count = std::min(chunk, series.size() - at);
      chunks.emplace_back();
      chunks.back().second = count;
      EncodeHistograms(std::span(series).subspan(at, count), &chunks.back().first);
      bytes += chunks.back().first.size();
    }
  }
  std::vector<HistogramPtr> decoded;
  for (auto _ : state) {
    for (const auto& [encoded, count] : chunks) {
      decoded.clear();
      if (!DecodeHistograms(encoded, count, 0, count, &decoded).ok()) {
        state.SkipWithError("damaged");
      }
      benchmark::DoNotOptimize(decoded.data());
    }
  }
  Report(state, bytes);
}

BENCHMARK(BM_HistogramStream_Encode)->MinTime(0.05);
BENCHMARK(BM_HistogramStream_Decode)->MinTime(0.05);
BENCHMARK(BM_HistogramChunk_Encode)->Arg(40)->Arg(720)->MinTime(0.05);
BENCHMARK(BM_HistogramChunk_Decode)->Arg(40)->Arg(720)->MinTime(0.05);

}  // namespace
}  // namespace varve::storage
