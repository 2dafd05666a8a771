#include "storage/metric_store.h"

#include "storage/metric_compaction.h"
#include "storage/metric_replay.h"
#include "storage/metrics/head_chunk.h"
#include "storage/series_flush.h"
#include "storage/wal/sample_record.h"

namespace varve::storage {

WalWriter::Ticket MetricStore::Log(WalWriter* wal, const MetricBatch& batch,
                                   const std::vector<AcceptedRun>& runs) const {
  thread_local SampleRecordEncoder encoder;
  for (const AcceptedRun& run : runs) {
    encoder.Begin(run.series->ref());
    for (uint32_t i = run.begin; i < run.end; ++i) {
      encoder.Add(batch.samples[i].timestamp_ms, batch.samples[i].value);
    }
  }
  // Only definitions depend on the segment, which is known under the WAL's lock.
  return wal->Enqueue(record_type(), [&](uint64_t segment_id, std::string* payload) {
    for (const AcceptedRun& run : runs) {
      if (run.series->wal_segment == segment_id) continue;
      encoder.Define(run.series->ref(), run.series->labels());
      run.series->wal_segment = segment_id;
    }
    const size_t definition_bytes = encoder.definition_bytes();
    encoder.Finish(payload);
    return definition_bytes;
  });
}

std::unique_ptr<RecordReplay> MetricStore::StartReplay() {
  return std::make_unique<MetricReplay>(&head());
}

absl::Status MetricStore::WriteParts(PartSet* parts, std::vector<std::string>* names) {
  const auto decode = [](const std::vector<HeadChunkPtr>& chunks,
                         std::vector<int64_t>* timestamps_ms, std::vector<double>* values) {
    timestamps_ms->clear();
    values->clear();
    return DecodeChunks(chunks, TimeRange::All(), timestamps_ms, values);
  };
  return FlushSeries<MetricPartWriter, double>(kind(), &head(), parts, decode, names);
}

absl::StatusOr<bool> MetricStore::Merge(FileSystem* files, const std::vector<StoredPartPtr>& inputs,
                                        const std::string& path, const PartMetadata& identity) {
  MetricPartOptions options;
  options.part_id = identity.part_id;
  options.level = identity.level;
  options.partition_day = identity.partition_day;
  options.kind = kind();
  options.compress_high = identity.level == kLevelDay;
  return MergeMetricParts(files, VisibleParts<std::shared_ptr<MetricPart>>(inputs), path, options);
}

}  // namespace varve::storage
