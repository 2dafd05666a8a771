#include "storage/replay_workers.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "storage/metric_replay.h"
#include "storage/metrics/head_chunk.h"
#include "storage/metrics/metric_head.h"
#include "storage/wal/sample_record.h"

namespace varve::storage {
namespace {

LabelSet Pod(size_t number) {
  return LabelSet{{"__name__", "up"}, {"pod", "pod-" + std::to_string(number)}};
}

}  // namespace

TEST_SUITE("storage/replay_workers") {
  TEST_CASE("many records of many series come in the order of the log, and are indexed") {
    constexpr size_t kSeries = 3'000;
    constexpr size_t kRounds = 60;
    constexpr size_t kPerRecord = 500;
    MetricHead head(1);
    MetricReplay replay(&head);
    SampleRecordEncoder encoder;
    std::string payload;
    for (size_t round = 0; round < kRounds; ++round) {
      if (round == kRounds / 2) replay.BeginSegment();
      const bool defines = round == 0 || round == kRounds / 2;
      for (size_t begin = 0; begin < kSeries; begin += kPerRecord) {
        for (size_t i = begin; i < begin + kPerRecord; ++i) {
          if (defines) encoder.Define(i + 1, Pod(i));
          encoder.Begin(i + 1);
          encoder.Add(static_cast<int64_t>(1'000 * round), static_cast<double>(i + round));
        }
        payload.clear();
        encoder.Finish(&payload);
        replay.Visit(payload);
      }
    }
    const ReplayCounts counts = replay.Finish();
    CHECK(counts.entries == kSeries * kRounds);
    CHECK(counts.corruptions == 0);
    CHECK(head.sample_count() == kSeries * kRounds);
    CHECK(head.series_count() == kSeries);
    std::vector<int64_t> timestamps_ms;
    std::vector<double> values;
    for (size_t i = 0; i < kSeries; i += 7) {
      const auto selected =
          head.Select({Matcher::Equal("pod", "pod-" + std::to_string(i))}, TimeRange::All());
      REQUIRE(selected.size() == 1);
      timestamps_ms.clear();
      values.clear();
      REQUIRE(DecodeChunks(selected[0].chunks, TimeRange::All(), &timestamps_ms, &values).ok());
      REQUIRE(values.size() == kRounds);
      for (size_t round = 0; round < kRounds; ++round) {
        CHECK(timestamps_ms[round] == static_cast<int64_t>(1'000 * round));
        CHECK(values[round] == static_cast<double>(i + round));
      }
    }
  }

  TEST_CASE("a record that does not decode, or uses what its segment did not define, is counted") {
    MetricHead head(1);
    MetricReplay replay(&head);
    SampleRecordEncoder encoder;
    std::string payload;
    encoder.Define(1, Pod(1));
    encoder.Begin(1);
    encoder.Add(10, 1);
    encoder.Finish(&payload);
    replay.Visit(payload);
    replay.Visit(payload.substr(0, payload.size() - 1));
    replay.BeginSegment();
    payload.clear();
    encoder.Begin(1);
    encoder.Add(20, 2);
    encoder.Finish(&payload);
    replay.Visit(payload);
    const ReplayCounts counts = replay.Finish();
    CHECK(counts.entries == 1);
    CHECK(counts.corruptions == 2);
    CHECK(head.sample_count() == 1);
  }
}

}  // namespace varve::storage
