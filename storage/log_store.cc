#include "storage/log_store.h"

#include <span>
#include <utility>

#include "storage/log_flush.h"
#include "storage/log_replay.h"
#include "storage/logs/log_part_merge.h"
#include "storage/logs/log_part_writer.h"
#include "storage/model/text.h"
#include "storage/part/compaction_planner.h"
#include "storage/status_macros.h"
#include "storage/wal/entry_record.h"

namespace varve::storage {

LogHeadStreamPtr LogStore::FindOrCreate(LabelSetView labels, uint64_t streams_max) {
  LogHeadStreamPtr stream = head_.Find(labels);
  if (stream != nullptr) return stream;
  return head_.Stats().streams < streams_max ? head_.GetOrCreate(labels) : nullptr;
}

void LogStore::Append(const LogBatch& batch, uint64_t streams_max, AppendResult* result,
                      std::vector<LogHeadStreamPtr>* streams) {
  streams->assign(batch.streams.size(), nullptr);
  for (size_t i = 0; i < streams->size(); ++i) {
    const StreamWrite& write = batch.streams[i];
    LogHeadStreamPtr stream = FindOrCreate(write.labels, streams_max);
    if (stream == nullptr) {
      for (uint32_t j = write.begin; j < write.end; ++j) {
        result->refused_entries.push_back({j, RejectReason::kSeriesLimit});
      }
      result->Reject(RejectReason::kSeriesLimit,
                     StrCat("cannot add stream ", write.labels.ToString(), ": ", streams_max,
                            " streams are active, want fewer"),
                     write.end - write.begin);
      continue;
    }
    const LogAppendCounts counts = head_.Append(
        stream, std::span(batch.entries).subspan(write.begin, write.end - write.begin));
    result->accepted += counts.accepted;
    if (counts.rejected > 0) {
      for (uint32_t j = write.begin; j < write.end; ++j) {
        if (LogHead::Takes(batch.entries[j])) continue;
        result->refused_entries.push_back({j, RejectReason::kInvalidLabels});
      }
      result->Reject(RejectReason::kInvalidLabels,
                     StrCat("entry of stream ", write.labels.ToString(), " is too long"),
                     counts.rejected);
    }
    (*streams)[i] = std::move(stream);
  }
}

WalWriter::Ticket LogStore::Log(WalWriter* wal, const LogBatch& batch,
                                const std::vector<LogHeadStreamPtr>& streams) const {
  // Compressing is the costly part and needs no lock; only definitions depend on the segment.
  const auto taken = encoders_.Take();
  EntryRecordEncoder& encoder = *taken;
  for (size_t i = 0; i < streams.size(); ++i) {
    if (streams[i] == nullptr) continue;
    encoder.Begin(streams[i]->ref());
    for (uint32_t j = batch.streams[i].begin; j < batch.streams[i].end; ++j) {
      encoder.Add(batch.entries[j]);
    }
  }
  encoder.Seal();
  return wal->Enqueue(record_type_, [&](uint64_t segment_id, std::string* payload) {
    for (const LogHeadStreamPtr& stream : streams) {
      if (stream == nullptr || stream->wal_segment == segment_id) continue;
      encoder.Define(stream->ref(), stream->labels());
      stream->wal_segment = segment_id;
    }
    const size_t definition_bytes = encoder.definition_bytes();
    encoder.Finish(payload);
    return definition_bytes;
  });
}

std::unique_ptr<RecordReplay> LogStore::StartReplay() {
  return std::make_unique<LogReplay>(&head_);
}

absl::Status LogStore::WriteParts(PartSet* parts, std::vector<std::string>* names) {
  return FlushLogs(kind_, &head_, parts, names);
}

absl::StatusOr<bool> LogStore::Merge(FileSystem* files, const std::vector<StoredPartPtr>& inputs,
                                     const std::string& path, const PartMetadata& identity) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LogPartWriter> writer,
                         LogPartWriter::Create(files, path, kind_));
  // While a window is open its parts are merged to be fewer; once it is closed, to be small.
  if (kind_ == SignalKind::kLogs && identity.level >= kLevelWindow) writer->MakeBlocksSmall();
  writer->set_between_blocks(between_blocks_);
  VARVE_RETURN_IF_ERROR(MergeLogParts(VisibleParts<LogPartPtr>(inputs), writer.get()));
  if (writer->empty()) return false;
  VARVE_RETURN_IF_ERROR(writer->Finish(identity).status());
  return true;
}

}  // namespace varve::storage
