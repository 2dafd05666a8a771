#include "storage/log_flush.h"

#include <memory>

#include "storage/logs/log_part_merge.h"
#include "storage/logs/log_part_writer.h"
#include "storage/status_macros.h"

namespace varve::storage {

absl::Status FlushLogs(SignalKind kind, LogHead* head, PartSet* parts,
                       std::vector<std::string>* names) {
  const std::vector<LogStreamSnapshot> streams = head->FlushSnapshot();
  VARVE_ASSIGN_OR_RETURN(const std::vector<int32_t> days, DaysOf(streams));
  for (const int32_t day : days) {
    PartMetadata identity;
    const std::string name = parts->NewPartName(kind, &identity.part_id);
    identity.partition_day = day;
    identity.level = kLevelFlush;
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LogPartWriter> writer,
                           LogPartWriter::Create(parts->files(), parts->PathOf(name), kind));
    VARVE_RETURN_IF_ERROR(WriteLogStreams(streams, DayRangeNs(day), writer.get()));
    VARVE_RETURN_IF_ERROR(writer->Finish(identity).status());
    names->push_back(name);
  }
  return absl::OkStatus();
}

}  // namespace varve::storage
