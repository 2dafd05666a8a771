// The write side of the engine: batches of samples and of log entries, and what became of them.
//
// A batch borrows its bytes (label blocks, lines) from the request it was decoded from; they must
// live until Append returns. Series are named by their *raw label block*, the bytes as they came
// off the wire: the engine hashes them and knows the series without parsing a label. Only a block
// it has not seen before is parsed, by the function the batch brings along.
//
// Threads:  batches are one-thread values.
#ifndef STORAGE_APPENDER_H_
#define STORAGE_APPENDER_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "storage/model/entry.h"
#include "storage/model/exemplar.h"
#include "storage/model/histogram.h"
#include "storage/model/label_set.h"
#include "storage/model/sample.h"

namespace varve::storage {

// Turns a raw label block into a label set. INVALID_ARGUMENT says what is wrong with the labels.
using ParseLabels = absl::Status (*)(std::string_view raw_labels, LabelSet* labels);

// A native histogram as a sample.
struct HistogramSample {
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;  // 0: not known
  Histogram histogram;
};

// What a batch has of one series: samples[begin, end), and so on, of MetricBatch.
struct SeriesWrite {
  std::string_view raw_labels;
  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t histograms_begin = 0;
  uint32_t histograms_end = 0;
  uint32_t exemplars_begin = 0;
  uint32_t exemplars_end = 0;
};

struct MetricBatch {
  ParseLabels parse = nullptr;
  std::vector<SeriesWrite> series;
  std::vector<Sample> samples;
  // One per sample, 0 where it has none; empty where no sample of the batch has one.
  std::vector<int64_t> start_timestamps_ms;
  std::vector<HistogramSample> histograms;
  std::vector<Exemplar> exemplars;

  void Clear() {
    series.clear();
    samples.clear();
    start_timestamps_ms.clear();
    histograms.clear();
    exemplars.clear();
  }
};

// The entries of one stream in a batch: entries[begin, end) of LogBatch. `labels` is the complete
// label set of the stream, validated and enriched.
struct StreamWrite {
  LabelSetView labels;
  uint32_t begin = 0;
  uint32_t end = 0;
};

struct LogBatch {
  std::vector<StreamWrite> streams;
  std::vector<Entry> entries;

  void Clear() {
    streams.clear();
    entries.clear();
  }
};

// Why a sample or an entry was not stored. The reasons are label values of our own metrics.
enum class RejectReason {
  kInvalidLabels,
  // Same series and timestamp, other value: the first one stays. Refused where the first one is in
  // the head or is the newest of the series; otherwise it stays without anybody being told.
  kDuplicateTimestamp,
  kTooFarInFuture,
  kTooOld,  // outside the retention
  kSeriesLimit,
  kInvalidHistogram,  // buckets, spans or counts that contradict each other
  kLineTooLong,
  kTooManyLabels,
  kLabelNameTooLong,
  kLabelValueTooLong,
  kMetadataTooLarge,
  kMetadataTooMany,
  kMalformed,  // could not be read at all
};
inline constexpr size_t kRejectReasons = static_cast<size_t>(RejectReason::kMalformed) + 1;
// How many were refused, by reason.
using RejectCounts = std::array<uint64_t, kRejectReasons>;

inline constexpr std::string_view RejectReasonText(RejectReason reason) {
  constexpr std::string_view kTexts[] = {"invalid_labels",
                                         "duplicate_timestamp",
                                         "too_far_in_future",
                                         "too_old",
                                         "series_limit",
                                         "invalid_histogram",
                                         "line_too_long",
                                         "max_label_names_per_series",
                                         "label_name_too_long",
                                         "label_value_too_long",
                                         "structured_metadata_too_large",
                                         "structured_metadata_too_many",
                                         "malformed"};
  return kTexts[static_cast<size_t>(reason)];
}

// One rejected sample or entry (for kInvalidLabels and kSeriesLimit: a whole series).
struct Rejection {
  RejectReason reason;
  std::string message;  // Prometheus's or Loki's words, labels and timestamp included
};

inline constexpr size_t kRejectionsMax = 16;

// A refused entry by its place in the entries of its LogBatch.
struct RefusedEntry {
  uint32_t entry;
  RejectReason reason;
};

// What became of a batch. `status` is about the batch as a whole: OK means that everything accepted
// is in the WAL and synced; UNAVAILABLE or RESOURCE_EXHAUSTED (disk full, shutting down) that
// nothing is promised and the sender should come again.
struct AppendResult {
  absl::Status status;
  uint64_t accepted = 0;              // duplicates of what is stored already count as accepted
  uint64_t rejected = 0;              // samples or entries
  uint64_t histograms_accepted = 0;   // counted apart from `accepted`
  uint64_t exemplars_accepted = 0;    // the same; exemplars are never rejected for their age alone
  std::vector<Rejection> rejections;  // the first kRejectionsMax of them
  RejectCounts rejected_by{};         // all of them
  std::vector<RefusedEntry> refused_entries;  // all of a LogBatch, in no order

  void Reject(RejectReason reason, std::string message, uint64_t count) {
    rejected += count;
    rejected_by[static_cast<size_t>(reason)] += count;
    if (rejections.size() < kRejectionsMax) rejections.push_back({reason, std::move(message)});
  }
};

}  // namespace varve::storage

#endif  // STORAGE_APPENDER_H_
