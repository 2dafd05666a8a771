#include "storage/histogram_store.h"

#include "storage/histogram_replay.h"
#include "storage/metrics/histogram_part_writer.h"
#include "storage/metrics/histogram_selection.h"
#include "storage/series_flush.h"
#include "storage/status_macros.h"
#include "storage/wal/histogram_record.h"

namespace varve::storage {

WalWriter::Ticket HistogramStore::Log(WalWriter* wal, const AcceptedHistograms& histograms) const {
  thread_local HistogramRecordEncoder encoder;
  const HistogramSeries* last = nullptr;
  for (const AcceptedHistograms::One& one : histograms.accepted) {
    if (one.series != last) encoder.Begin(one.series->ref());
    encoder.Add(one.sample->timestamp_ms, *one.histogram);
    last = one.series;
  }
  // Only definitions depend on the segment, which is known under the WAL's lock.
  return wal->Enqueue(record_type(), [&](uint64_t segment_id, std::string* payload) {
    for (const AcceptedHistograms::One& one : histograms.accepted) {
      if (one.series->wal_segment == segment_id) continue;
      encoder.Define(one.series->ref(), one.series->labels());
      one.series->wal_segment = segment_id;
    }
    const size_t definition_bytes = encoder.definition_bytes();
    encoder.Finish(payload);
    return definition_bytes;
  });
}

std::unique_ptr<RecordReplay> HistogramStore::StartReplay() {
  return std::make_unique<HistogramReplay>(&head());
}

absl::Status HistogramStore::WriteParts(PartSet* parts, std::vector<std::string>* names) {
  const auto decode = [](const std::vector<HistogramHeadChunkPtr>& chunks,
                         std::vector<int64_t>* timestamps_ms,
                         std::vector<HistogramPtr>* histograms) {
    return DecodeHistogramChunks(chunks, TimeRange::All(), timestamps_ms, histograms);
  };
  return FlushSeries<HistogramPartWriter, HistogramPtr>(kind(), &head(), parts, decode, names);
}

absl::StatusOr<bool> HistogramStore::Merge(FileSystem* files,
                                           const std::vector<StoredPartPtr>& inputs,
                                           const std::string& path, const PartMetadata& identity) {
  MetricPartOptions options;
  options.part_id = identity.part_id;
  options.level = identity.level;
  options.partition_day = identity.partition_day;
  options.compress_high = identity.level == kLevelDay;
  // Merging is what a query over the inputs does anyway: series by label set, histograms by time.
  VARVE_ASSIGN_OR_RETURN(
      const std::unique_ptr<HistogramSelection> all,
      HistogramSelection::Create({}, TimeRange::All(),
                                 VisibleParts<std::shared_ptr<HistogramPart>>(inputs), {}));
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<HistogramPartWriter> writer,
                         HistogramPartWriter::Open(files, path, options));
  bool any = false;
  std::vector<int64_t> timestamps_ms;
  std::vector<HistogramPtr> histograms;
  for (size_t i = 0; i < all->size(); ++i) {
    VARVE_RETURN_IF_ERROR(all->Read(i, TimeRange::All(), &timestamps_ms, &histograms));
    if (histograms.empty()) continue;
    any = true;
    VARVE_RETURN_IF_ERROR(writer->AddSeries(all->labels(i), timestamps_ms, histograms));
  }
  if (!any) return false;
  VARVE_RETURN_IF_ERROR(writer->Finish().status());
  return true;
}

}  // namespace varve::storage
