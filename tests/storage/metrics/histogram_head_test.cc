#include "storage/metrics/histogram_head.h"

#include <doctest/doctest.h>

#include <limits>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/support/random_histograms.h"

namespace varve::storage {
namespace {

absl::Status ParsePacked(std::string_view raw, LabelSet* labels) {
  if (!LabelSetView::IsValidPacked(raw)) return absl::InvalidArgumentError("bad labels");
  *labels = LabelSet(LabelSetView(raw));
  return absl::OkStatus();
}

Histogram Counter(double count) {
  Histogram histogram;
  histogram.positive_spans = {{0, 2}};
  histogram.positive_counts = {count, 1};
  histogram.count = count + 1;
  return histogram;
}

// Appends histograms to one series.
AppendResult Append(HistogramHead* head, const LabelSet& labels,
                    const std::vector<HistogramSample>& histograms,
                    const MetricAppendLimits& limits = {}, AcceptedHistograms* accepted = nullptr) {
  MetricBatch batch;
  batch.parse = ParsePacked;
  batch.histograms = histograms;
  SeriesWrite write;
  write.raw_labels = labels.packed();
  write.histograms_end = static_cast<uint32_t>(histograms.size());
  batch.series.push_back(write);
  AppendResult result;
  AcceptedHistograms ignored;
  std::vector<HistogramSeries*> series;
  head->Append(batch, limits, &result, accepted != nullptr ? accepted : &ignored, &series);
  return result;
}

struct Columns {
  std::vector<int64_t> timestamps_ms;
  std::vector<HistogramPtr> histograms;
};

Columns Read(const HistogramHead& head, TimeRange range_ms) {
  const std::vector<HistogramHeadSeries> selected = head.Select({}, range_ms);
  Columns columns;
  if (selected.empty()) return columns;
  REQUIRE(selected.size() == 1);
  REQUIRE(DecodeHistogramChunks(selected[0].chunks, range_ms, &columns.timestamps_ms,
                                &columns.histograms)
              .ok());
  return columns;
}

const LabelSet kSeries{{"__name__", "latency"}, {"job", "a"}};

}  // namespace

TEST_SUITE("storage/metrics/histogram_head") {
  TEST_CASE("histograms of any order come back sorted and to the bit") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    RandomHistograms source(seed);
    HistogramHead head(1);
    std::map<int64_t, Histogram> sent;
    for (int i = 0; i < 700; ++i) {
      int64_t timestamp_ms = i * 10;
      if (random() % 5 == 0) timestamp_ms -= static_cast<int64_t>(random() % 500);
      const Histogram histogram = source.Next();
      if (!sent.emplace(timestamp_ms, histogram).second) continue;
      CHECK(Append(&head, kSeries, {{timestamp_ms, 0, histogram}}).histograms_accepted == 1);
    }
    CHECK(head.sample_count() == sent.size());
    for (const TimeRange range_ms :
         {TimeRange::All(), TimeRange{1000, 3000}, TimeRange{6990, 7000}}) {
      const Columns columns = Read(head, range_ms);
      size_t i = 0;
      for (const auto& [timestamp_ms, histogram] : sent) {
        if (!range_ms.Contains(timestamp_ms)) continue;
        REQUIRE(i < columns.timestamps_ms.size());
        CHECK(columns.timestamps_ms[i] == timestamp_ms);
        CHECK(SameHistogram(*columns.histograms[i], histogram));
        ++i;
      }
      CHECK(i == columns.timestamps_ms.size());
    }
  }

  TEST_CASE("duplicates are accepted silently, conflicts refused; newest, late or sealed") {
    HistogramHead head(1);
    for (int i = 0; i < 300; ++i) Append(&head, kSeries, {{1000 + i * 10, 0, Counter(i)}});
    Append(&head, kSeries, {{1005, 0, Counter(7)}});
    CHECK(head.sample_count() == 301);
    for (const auto& [timestamp_ms, count] :
         std::map<int64_t, double>{{1000, 0}, {1005, 7}, {2000, 100}, {3990, 299}}) {
      CAPTURE(timestamp_ms);
      AcceptedHistograms accepted;
      const AppendResult same =
          Append(&head, kSeries, {{timestamp_ms, 0, Counter(count)}}, {}, &accepted);
      CHECK(same.histograms_accepted == 1);
      CHECK(accepted.accepted.size() == 1);
      const AppendResult other = Append(&head, kSeries, {{timestamp_ms, 0, Counter(count + 1)}});
      CHECK(other.histograms_accepted == 0);
      REQUIRE(other.rejected == 1);
      CHECK(other.rejections[0].reason == RejectReason::kDuplicateTimestamp);
      CHECK(other.rejections[0].message == "duplicate native histogram sample for timestamp " +
                                               std::to_string(timestamp_ms) + " for series " +
                                               kSeries.ToString());
      Histogram hinted = Counter(count);
      hinted.reset_hint = CounterResetHint::kNotReset;  // a sender that knows more this time
      CHECK(Append(&head, kSeries, {{timestamp_ms, 0, hinted}}).histograms_accepted == 1);
    }
    CHECK(head.sample_count() == 301);
  }

  TEST_CASE("what is invalid or out of bounds is refused, the rest of the batch stored") {
    HistogramHead head(1);
    Histogram invalid = Counter(1);
    invalid.positive_counts[0] = -1;
    MetricAppendLimits limits;
    limits.range_ms = {100, 200};
    const AppendResult result = Append(&head, kSeries,
                                       {{150, 0, Counter(1)},
                                        {160, 0, invalid},
                                        {99, 0, Counter(2)},
                                        {200, 0, Counter(3)},
                                        {170, 0, Counter(4)}},
                                       limits);
    CHECK(result.histograms_accepted == 2);
    CHECK(result.accepted == 0);
    REQUIRE(result.rejected == 3);
    CHECK(result.rejections[0].reason == RejectReason::kInvalidHistogram);
    CHECK(result.rejections[0].message ==
          "positive side: bucket number 1 has observation count of -1: histogram has a bucket "
          "whose observation count is negative for series " +
              kSeries.ToString());
    CHECK(result.rejections[1].reason == RejectReason::kTooOld);
    CHECK(result.rejections[2].reason == RejectReason::kTooFarInFuture);
  }

  TEST_CASE("finer resolutions than are stored are reduced, for the log, too") {
    HistogramHead head(1);
    Histogram fine = Counter(3);
    fine.schema = 10;
    AcceptedHistograms accepted;
    Append(&head, kSeries, {{1, 0, fine}}, {}, &accepted);
    REQUIRE(accepted.accepted.size() == 1);
    CHECK(accepted.accepted[0].histogram->schema == kExponentialSchemaMax);
    const Columns columns = Read(head, TimeRange::All());
    REQUIRE(columns.histograms.size() == 1);
    CHECK(SameHistogram(*columns.histograms[0], *accepted.accepted[0].histogram));
  }

  TEST_CASE("a flush takes what was there, keeps it readable, and drops it when published") {
    HistogramHead head(1);
    for (int i = 0; i < 10; ++i) Append(&head, kSeries, {{i, 0, Counter(i)}});
    head.BeginFlush();
    Append(&head, kSeries, {{100, 0, Counter(100)}});
    for (const bool published : {false, true}) {
      size_t flushed = 0;
      head.VisitFlushing([&](LabelSetView labels, std::vector<HistogramHeadChunkPtr> chunks) {
        CHECK(labels == kSeries.view());
        for (const auto& chunk : chunks) flushed += chunk->timestamps_ms.size();
      });
      CHECK(flushed == (published ? 11 : 10));
      CHECK(Read(head, TimeRange::All()).histograms.size() == 11);
      head.EndFlush(published);
      if (!published) head.BeginFlush();
    }
    CHECK(head.sample_count() == 0);
    CHECK(head.SpanMs().empty());
    CHECK(Read(head, TimeRange::All()).histograms.empty());
    for (int i = 0; i < 3; ++i) {
      head.BeginFlush();
      head.EndFlush(true);
    }
    CHECK(head.EvictIdle(50).value() == 0);
    CHECK(head.EvictIdle(101).value() == 1);
    CHECK(head.series_count() == 0);
  }

  TEST_CASE("the largest and the smallest timestamp are kept") {
    HistogramHead head(1);
    constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
    constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
    for (const int64_t timestamp_ms : {kMax - 1, kMin, int64_t{0}}) {
      CHECK(Append(&head, kSeries, {{timestamp_ms, 0, Counter(1)}}).histograms_accepted == 1);
    }
    const Columns columns = Read(head, TimeRange::All());
    CHECK(columns.timestamps_ms == std::vector<int64_t>{kMin, 0, kMax - 1});
  }
}

}  // namespace varve::storage
