#include "storage/start_timestamps.h"

#include <span>

namespace varve::storage {
namespace {

constexpr int64_t kExactDoubleMax = int64_t{1} << 53;

// The start timestamps at `timestamps_ms`; empty where there is none.
std::vector<int64_t> StartsAt(std::span<const int64_t> timestamps_ms, const SampleColumns& starts) {
  std::vector<int64_t> found(timestamps_ms.size());
  const std::vector<int64_t>& times_ms = *starts.timestamps_ms;
  bool any = false;
  size_t next = 0;
  for (size_t i = 0; i < timestamps_ms.size(); ++i) {
    while (next < times_ms.size() && times_ms[next] < timestamps_ms[i]) ++next;
    if (next == times_ms.size()) break;
    if (times_ms[next] != timestamps_ms[i]) continue;
    found[i] = static_cast<int64_t>(starts.values[next]);
    any = true;
  }
  if (!any) found.clear();
  return found;
}

}  // namespace

void StartTimestampBatch::Add(std::string_view raw_labels, int64_t timestamp_ms,
                              int64_t start_timestamp_ms) {
  if (start_timestamp_ms == 0 || start_timestamp_ms > kExactDoubleMax ||
      start_timestamp_ms < -kExactDoubleMax) {
    return;
  }
  const auto at = static_cast<uint32_t>(batch_.samples.size());
  if (batch_.series.empty() || batch_.series.back().raw_labels.data() != raw_labels.data()) {
    batch_.series.push_back({.raw_labels = raw_labels, .begin = at, .end = at});
  }
  batch_.samples.push_back({timestamp_ms, static_cast<double>(start_timestamp_ms)});
  batch_.series.back().end = at + 1;
}

void StartTimestampBatch::AddSamples(const MetricBatch& batch,
                                     const std::vector<AcceptedRun>& runs) {
  if (batch.start_timestamps_ms.empty()) return;
  for (const AcceptedRun& run : runs) {
    for (uint32_t i = run.begin; i < run.end; ++i) {
      Add(batch.series[run.write].raw_labels, batch.samples[i].timestamp_ms,
          batch.start_timestamps_ms[i]);
    }
  }
}

void StartTimestampBatch::AddHistograms(const MetricBatch& batch,
                                        const AcceptedHistograms& histograms) {
  for (const AcceptedHistograms::One& one : histograms.accepted) {
    Add(batch.series[one.write].raw_labels, one.sample->timestamp_ms,
        one.sample->start_timestamp_ms);
  }
}

void FillStartTimestamps(const SampleColumns& starts, SampleColumns* columns) {
  columns->start_timestamps_ms.clear();
  columns->histogram_start_timestamps_ms.clear();
  if (starts.size() == 0) return;
  if (columns->size() > 0) {
    columns->start_timestamps_ms = StartsAt(*columns->timestamps_ms, starts);
  }
  columns->histogram_start_timestamps_ms = StartsAt(columns->histogram_timestamps_ms, starts);
}

}  // namespace varve::storage
