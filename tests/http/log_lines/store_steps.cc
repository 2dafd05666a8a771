#include "tests/http/log_lines/store_steps.h"

#include <chrono>
#include <deque>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/database.h"
#include "storage/io/file_system.h"
#include "storage/logs/log_part.h"
#include "storage/logs/log_part_verify.h"
#include "storage/status_macros.h"
#include "tests/http/log_lines/stream_lines.h"
#include "tools/part_catalog.h"

namespace varve::tools {
namespace {

constexpr uint64_t kBatchEntries = 8192;

absl::StatusOr<std::unique_ptr<storage::Database>> Open(const std::string& folder) {
  storage::StorageOptions options;
  options.path = folder;
  options.retention_ms = 0;
  options.background = false;
  return storage::Database::Open(std::move(options));
}

storage::LabelSet LabelSetOf(const LogLabels& labels) {
  return storage::LabelSet::FromPairs({labels.begin(), labels.end()});
}

LogLabels LabelsOf(storage::LabelSetView view) {
  LogLabels labels;
  for (const storage::LabelView& label : view) {
    labels.emplace_back(std::string(label.name), std::string(label.value));
  }
  return labels;
}

absl::Status Append(storage::Database* database, uint64_t seed, uint64_t count, int64_t day) {
  for (StreamLines& stream : AllStreams(seed, count, day)) {
    bool more = true;
    while (more) {
      std::deque<LogEntry> entries;
      std::deque<storage::LabelSet> metadata;
      storage::LogBatch batch;
      while (batch.entries.size() < kBatchEntries &&
             (more = stream.Next(&entries.emplace_back()))) {
        const LogEntry& entry = entries.back();
        metadata.push_back(LabelSetOf(entry.metadata));
        batch.entries.push_back({entry.timestamp_ns, entry.line, metadata.back()});
      }
      if (batch.entries.empty()) break;
      const storage::LabelSet labels = LabelSetOf(entries.front().labels);
      batch.streams.push_back({labels, 0, static_cast<uint32_t>(batch.entries.size())});
      const storage::AppendResult result = database->AppendLogs(batch);
      VARVE_RETURN_IF_ERROR(result.status);
      if (result.accepted != batch.entries.size()) {
        return absl::DataLossError("cannot append: not all entries were accepted");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Compare(const storage::Database& database, uint64_t seed, uint64_t count,
                     int64_t day) {
  const std::unique_ptr<storage::Querier> querier = database.NewQuerier();
  const storage::TimeRange range_ns{day * kDayNs, (day + 1) * kDayNs};
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::LogSelection> selection,
                         querier->SelectLogs({storage::Matcher::NotEqual("app", "")}, range_ns));
  StreamJudge judge(seed, count, day);
  for (size_t i = 0; i < selection->size(); ++i) {
    storage::LogReadOptions options;
    options.range_ns = range_ns;
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::LogCursor> cursor,
                           selection->Open(i, options));
    LogEntry entry;
    entry.labels = LabelsOf(selection->labels(i));
    storage::LogColumns columns;
    while (true) {
      VARVE_ASSIGN_OR_RETURN(const bool more, cursor->Next(&columns));
      if (!more) break;
      for (size_t k = 0; k < columns.size; ++k) {
        entry.timestamp_ns = columns.timestamps_ns[k];
        entry.line = columns.lines[k];
        entry.metadata = columns.metadata.empty() ? LogLabels() : LabelsOf(columns.metadata[k]);
        if (!judge.Take(entry)) return absl::DataLossError(judge.error());
      }
    }
  }
  return judge.Finish() ? absl::OkStatus() : absl::DataLossError(judge.error());
}

// What is on disk: parts as they were flushed, or merged ones with templates.
absl::Status CheckParts(const std::string& folder, int64_t day, bool merged) {
  storage::FileSystem* const files = storage::FileSystem::Posix();
  VARVE_ASSIGN_OR_RETURN(const PartCatalog catalog, ReadPartCatalog(files, folder));
  size_t found = 0;
  for (const PartPlace& place : catalog.parts) {
    VARVE_ASSIGN_OR_RETURN(auto file, storage::PartFile::Open(files, place.path));
    if (file->metadata().partition_day != day) continue;
    ++found;
    const uint32_t level = file->metadata().level;
    VARVE_ASSIGN_OR_RETURN(const auto part, storage::LogPart::Open(std::move(file)));
    const bool has_templates =
        storage::InspectLogPart(*part).find("log templates") != std::string::npos;
    if (has_templates != merged || (level > 0) != merged) {
      return absl::InternalError(StrCat("part ", place.name, " has level ", level,
                                        has_templates ? " and templates" : " and no templates"));
    }
  }
  return found > 0 ? absl::OkStatus() : absl::InternalError("there is no part");
}

}  // namespace

absl::Status StoreAndCompare(uint64_t seed, uint64_t count, int64_t day,
                             const std::string& folder) {
  auto begin = std::chrono::steady_clock::now();
  const auto tell = [&](std::string_view step) {
    const auto now = std::chrono::steady_clock::now();
    std::cout << std::chrono::duration<double>(now - begin).count() << ' ' << step << std::endl;
    begin = now;
  };
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<storage::Database> database, Open(folder));
  VARVE_RETURN_IF_ERROR(Append(database.get(), seed, count, day));
  tell("append");
  VARVE_RETURN_IF_ERROR(Compare(*database, seed, count, day));
  tell("compare in the head");
  database.reset();  // without an orderly end, like a crash
  VARVE_ASSIGN_OR_RETURN(database, Open(folder));
  tell("replay");
  VARVE_RETURN_IF_ERROR(Compare(*database, seed, count, day));
  tell("compare what was replayed");
  VARVE_RETURN_IF_ERROR(database->Flush());
  VARVE_RETURN_IF_ERROR(CheckParts(folder, day, false));
  tell("flush");
  VARVE_RETURN_IF_ERROR(Compare(*database, seed, count, day));
  tell("compare in flushed parts");
  VARVE_RETURN_IF_ERROR(database->CompactAll());
  VARVE_RETURN_IF_ERROR(CheckParts(folder, day, true));
  tell("compact");
  VARVE_RETURN_IF_ERROR(Compare(*database, seed, count, day));
  tell("compare in merged parts");
  return database->Close();
}

}  // namespace varve::tools
