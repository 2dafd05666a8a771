#include "storage/head_replay.h"

#include <memory>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "storage/io/file_names.h"
#include "storage/replay_workers.h"
#include "storage/status_macros.h"
#include "storage/wal/entry_record.h"
#include "storage/wal/wal_reader.h"

namespace varve::storage {
namespace {

// Decodes records into the heads. References count within one segment: each segment defines what it
// uses, and a definition that was lost must not be made up for by one of another segment.
class HeadReplay {
 public:
  HeadReplay(MetricHead* metrics, LogHead* logs)
      : metrics_(metrics), logs_(logs), workers_(metrics) {}

  absl::Status Visit(uint64_t segment_id, WalRecordType type, std::string_view payload) {
    if (segment_id != segment_id_) {
      segment_id_ = segment_id;
      series_.clear();
      streams_.clear();
    }
    if (type == WalRecordType::kSamples) VisitSamples(payload);
    if (type == WalRecordType::kEntries) VisitEntries(payload);
    return absl::OkStatus();
  }

  HeadReplayCounts Finish() {
    workers_.Finish();
    return counts_;
  }

 private:
  void VisitSamples(std::string_view payload) {
    auto record = std::make_shared<ReplayRecord>();
    // The payload dies with this call, but what is decoded from it does not point into it, except
    // for the definitions.
    if (!record->decoder.Decode(payload).ok()) {
      ++counts_.corruptions;
      return;
    }
    for (const RefDefinition& definition : record->decoder.definitions()) {
      series_[definition.ref] = metrics_->ReplaySeries(definition.labels);
    }
    bool orphaned = false;
    record->series.reserve(record->decoder.series().size());
    for (const SampleRecordDecoder::Series& one : record->decoder.series()) {
      const auto found = series_.find(one.ref);
      record->series.push_back(found == series_.end() ? nullptr : found->second);
      if (found == series_.end()) {
        orphaned = true;
      } else {
        counts_.samples += one.end - one.begin;
      }
    }
    if (orphaned) ++counts_.corruptions;
    workers_.Add(std::move(record));
  }

  void VisitEntries(std::string_view payload) {
    if (!entries_.Decode(payload).ok()) {
      ++counts_.corruptions;
      return;
    }
    for (const RefDefinition& definition : entries_.definitions()) {
      streams_[definition.ref] = logs_->GetOrCreate(definition.labels);
    }
    bool orphaned = false;
    for (const EntryRecordDecoder::Stream& one : entries_.streams()) {
      const auto found = streams_.find(one.ref);
      if (found == streams_.end()) {
        orphaned = true;
        continue;
      }
      logs_->Append(found->second, entries_.entries().subspan(one.begin, one.end - one.begin));
      counts_.entries += one.end - one.begin;
    }
    if (orphaned) ++counts_.corruptions;
  }

  MetricHead* metrics_;
  LogHead* logs_;
  HeadReplayCounts counts_;
  uint64_t segment_id_ = 0;
  absl::flat_hash_map<uint64_t, MemorySeries*> series_;
  absl::flat_hash_map<uint64_t, LogHeadStreamPtr> streams_;
  ReplayWorkers workers_;
  EntryRecordDecoder entries_;
};

}  // namespace

absl::StatusOr<HeadReplayCounts> ReplayIntoHeads(FileSystem* files, const std::string& directory,
                                                 MetricHead* metrics, LogHead* logs) {
  HeadReplay replay(metrics, logs);
  VARVE_ASSIGN_OR_RETURN(
      const WalReplayStats stats,
      ReplayWal(files, JoinPath(directory, kWalDirectoryName),
                JoinPath(directory, kQuarantineDirectoryName),
                [&](uint64_t segment_id, WalRecordType type, std::string_view payload) {
                  return replay.Visit(segment_id, type, payload);
                }));
  HeadReplayCounts counts = replay.Finish();
  counts.corruptions += stats.corruptions;
  counts.next_segment_id = stats.highest_segment_id + 1;
  return counts;
}

}  // namespace varve::storage
