#include "storage/local_database.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/time/time.h"
#include "storage/head_replay.h"
#include "storage/io/file_names.h"
#include "storage/local_querier.h"
#include "storage/log_flush.h"
#include "storage/logs/log_part_merge.h"
#include "storage/logs/log_part_writer.h"
#include "storage/metric_compaction.h"
#include "storage/metric_flush.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "storage/wal/entry_record.h"
#include "storage/wal/sample_record.h"

namespace varve::storage {
namespace {

constexpr int64_t kMaintenancePeriodMs = 500;
constexpr int64_t kRetentionPeriodMs = 60'000;
// How far the wall clock may be ahead of the time that has passed before retention stops believing
// it.
constexpr int64_t kClockSlackMs = kMillisecondsPerHour;

std::string TimestampText(int64_t timestamp_ns) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixNanos(timestamp_ns),
                          absl::UTCTimeZone());
}

// Copies the entries whose time is accepted when there are others; false when all are.
bool DropOutOfBounds(const LogBatch& batch, TimeRange range_ms, LogBatch* kept,
                     AppendResult* result) {
  const auto accepted = [&](const Entry& entry) {
    return range_ms.Contains(FloorDivide(entry.timestamp_ns, kNanosecondsPerMillisecond));
  };
  if (std::all_of(batch.entries.begin(), batch.entries.end(), accepted)) return false;
  for (const StreamWrite& write : batch.streams) {
    const auto begin = static_cast<uint32_t>(kept->entries.size());
    for (uint32_t i = write.begin; i < write.end; ++i) {
      const Entry& entry = batch.entries[i];
      if (accepted(entry)) {
        kept->entries.push_back(entry);
        continue;
      }
      const bool future =
          FloorDivide(entry.timestamp_ns, kNanosecondsPerMillisecond) >= range_ms.end;
      result->Reject(
          future ? RejectReason::kTooFarInFuture : RejectReason::kTooOld,
          StrCat("entry for stream '", write.labels.ToString(), "' has timestamp too ",
                 future ? "new: " : "old: ", TimestampText(entry.timestamp_ns),
                 future ? "" : ", oldest acceptable timestamp is: ",
                 future ? "" : TimestampText(range_ms.begin * kNanosecondsPerMillisecond)),
          1);
    }
    const auto end = static_cast<uint32_t>(kept->entries.size());
    if (end > begin) kept->streams.push_back({write.labels, begin, end});
  }
  return true;
}

uint64_t RandomSeed() {
  std::random_device random;
  return (uint64_t{random()} << 32) | random();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> Database::Open(StorageOptions options) {
  auto database = std::make_unique<LocalDatabase>(std::move(options));
  VARVE_RETURN_IF_ERROR(database->Start());
  return database;
}

LocalDatabase::LocalDatabase(StorageOptions options)
    : options_(std::move(options)),
      files_(options_.files != nullptr ? options_.files : FileSystem::Posix()),
      clock_(options_.clock != nullptr ? options_.clock : Clock::System()),
      start_wall_ms_(clock_->NowMs()),
      start_monotonic_ms_(clock_->MonotonicMs()),
      metric_head_(RandomSeed()) {}

LocalDatabase::~LocalDatabase() {
  {
    MutexLock lock(&thread_mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status LocalDatabase::Start() {
  VARVE_RETURN_IF_ERROR(files_->CreateDirectory(options_.path));
  VARVE_ASSIGN_OR_RETURN(lock_, files_->LockDirectory(options_.path));
  VARVE_ASSIGN_OR_RETURN(parts_, PartSet::Open(files_, options_.path));
  const std::string wal_directory = JoinPath(options_.path, kWalDirectoryName);
  VARVE_ASSIGN_OR_RETURN(const HeadReplayCounts replayed,
                         ReplayIntoHeads(files_, options_.path, &metric_head_, &log_head_));
  replayed_samples_ = replayed.samples;
  replayed_entries_ = replayed.entries;
  wal_corruptions_ = replayed.corruptions;
  WalOptions wal_options;
  wal_options.segment_bytes = options_.wal_segment_bytes;
  VARVE_ASSIGN_OR_RETURN(
      wal_, WalWriter::Open(files_, wal_directory, replayed.next_segment_id, wal_options));
  {
    MutexLock lock(&maintenance_mutex_);
    last_flush_monotonic_ms_ = clock_->MonotonicMs();
    last_retention_monotonic_ms_ = last_flush_monotonic_ms_ - kRetentionPeriodMs;
  }
  if (options_.background) thread_ = std::thread([this] { RunMaintenance(); });
  return absl::OkStatus();
}

TimeRange LocalDatabase::AcceptedRangeMs() const {
  if (options_.retention_ms == 0) return TimeRange::All();
  const int64_t now_ms = clock_->NowMs();
  return {now_ms - options_.retention_ms, now_ms + options_.future_max_ms + 1};
}

int64_t LocalDatabase::RetentionNowMs() const {
  const int64_t passed_ms = clock_->MonotonicMs() - start_monotonic_ms_;
  return std::min(clock_->NowMs(), start_wall_ms_ + passed_ms + kClockSlackMs);
}

absl::Status LocalDatabase::CheckWritable() const {
  if (closed_.load(std::memory_order_acquire)) {
    return absl::UnavailableError("cannot append: the database is closing");
  }
  if (wal_->total_bytes() >= options_.wal_bytes_max) {
    return absl::ResourceExhaustedError(StrCat("cannot append: the WAL has grown to ",
                                               wal_->total_bytes(), " bytes, want less than ",
                                               options_.wal_bytes_max, "; flushes are failing"));
  }
  return absl::OkStatus();
}

WalWriter::Ticket LocalDatabase::LogSamples(const MetricBatch& batch,
                                            const std::vector<AcceptedRun>& runs) {
  thread_local SampleRecordEncoder encoder;
  for (const AcceptedRun& run : runs) {
    encoder.Begin(run.series->ref());
    for (uint32_t i = run.begin; i < run.end; ++i) {
      encoder.Add(batch.samples[i].timestamp_ms, batch.samples[i].value);
    }
  }
  // Only definitions depend on the segment, which is known under the WAL's lock.
  return wal_->Enqueue(WalRecordType::kSamples, [&](uint64_t segment_id, std::string* payload) {
    for (const AcceptedRun& run : runs) {
      if (run.series->wal_segment == segment_id) continue;
      encoder.Define(run.series->ref(), run.series->labels());
      run.series->wal_segment = segment_id;
    }
    encoder.Finish(payload);
  });
}

AppendResult LocalDatabase::AppendMetrics(const MetricBatch& batch) {
  AppendResult result;
  result.status = CheckWritable();
  if (!result.status.ok()) return result;
  MetricAppendLimits limits;
  limits.range_ms = AcceptedRangeMs();
  limits.series_max = options_.series_max;
  WalWriter::Ticket ticket = 0;
  bool logged = false;
  {
    WalWriter::Intent intent(wal_.get());
    ReaderLock gate(&gate_);
    if (closed_.load(std::memory_order_acquire)) {
      result.status = absl::UnavailableError("cannot append: the database is closing");
      return result;
    }
    std::vector<AcceptedRun> runs;
    metric_head_.Append(batch, limits, &result, &runs);
    if (!runs.empty()) {
      ticket = LogSamples(batch, runs);
      logged = true;
    }
  }
  if (logged) result.status = wal_->Wait(ticket);
  samples_appended_.fetch_add(result.accepted, std::memory_order_relaxed);
  samples_rejected_.fetch_add(result.rejected, std::memory_order_relaxed);
  return result;
}

WalWriter::Ticket LocalDatabase::LogEntries(const LogBatch& batch,
                                            const std::vector<LogHeadStreamPtr>& streams) {
  // Compressing is the costly part and needs no lock; only definitions depend on the segment.
  thread_local EntryRecordEncoder encoder;
  for (size_t i = 0; i < streams.size(); ++i) {
    if (streams[i] == nullptr) continue;
    encoder.Begin(streams[i]->ref());
    for (uint32_t j = batch.streams[i].begin; j < batch.streams[i].end; ++j) {
      encoder.Add(batch.entries[j]);
    }
  }
  encoder.Seal();
  return wal_->Enqueue(WalRecordType::kEntries, [&](uint64_t segment_id, std::string* payload) {
    for (const LogHeadStreamPtr& stream : streams) {
      if (stream == nullptr || stream->wal_segment == segment_id) continue;
      encoder.Define(stream->ref(), stream->labels());
      stream->wal_segment = segment_id;
    }
    encoder.Finish(payload);
  });
}

AppendResult LocalDatabase::AppendLogs(const LogBatch& batch) {
  AppendResult result;
  result.status = CheckWritable();
  if (!result.status.ok()) return result;
  LogBatch kept;
  const LogBatch* accepted = &batch;
  if (DropOutOfBounds(batch, AcceptedRangeMs(), &kept, &result)) accepted = &kept;
  WalWriter::Ticket ticket = 0;
  bool logged = false;
  {
    WalWriter::Intent intent(wal_.get());
    ReaderLock gate(&gate_);
    if (closed_.load(std::memory_order_acquire)) {
      result.status = absl::UnavailableError("cannot append: the database is closing");
      return result;
    }
    std::vector<LogHeadStreamPtr> streams(accepted->streams.size());
    uint64_t line_bytes = 0;
    for (size_t i = 0; i < streams.size(); ++i) {
      const StreamWrite& write = accepted->streams[i];
      LogHeadStreamPtr stream = log_head_.Find(write.labels);
      if (stream == nullptr) {
        if (log_head_.Stats().streams >= options_.streams_max) {
          result.Reject(RejectReason::kSeriesLimit,
                        StrCat("cannot add stream ", write.labels.ToString(), ": ",
                               options_.streams_max, " streams are active, want fewer"),
                        write.end - write.begin);
          continue;
        }
        stream = log_head_.GetOrCreate(write.labels);
      }
      const auto entries =
          std::span(accepted->entries).subspan(write.begin, write.end - write.begin);
      const LogAppendCounts counts = log_head_.Append(stream, entries);
      result.accepted += counts.accepted;
      if (counts.rejected > 0) {
        result.Reject(RejectReason::kInvalidLabels,
                      StrCat("entry of stream ", write.labels.ToString(), " is too long"),
                      counts.rejected);
      }
      for (const Entry& entry : entries) line_bytes += entry.line.size();
      streams[i] = std::move(stream);
    }
    if (result.accepted > 0) {
      ticket = LogEntries(*accepted, streams);
      logged = true;
    }
    entry_bytes_appended_.fetch_add(line_bytes, std::memory_order_relaxed);
  }
  if (logged) result.status = wal_->Wait(ticket);
  entries_appended_.fetch_add(result.accepted, std::memory_order_relaxed);
  entries_rejected_.fetch_add(result.rejected, std::memory_order_relaxed);
  return result;
}

std::unique_ptr<Querier> LocalDatabase::NewQuerier() const {
  return std::make_unique<LocalQuerier>(&metric_head_, &log_head_, parts_.get());
}

absl::Status LocalDatabase::WriteParts(std::vector<std::string>* names) {
  VARVE_RETURN_IF_ERROR(FlushMetrics(files_, &metric_head_, parts_.get(), names));
  return FlushLogs(files_, &log_head_, parts_.get(), names);
}

absl::Status LocalDatabase::FlushLocked() {
  last_flush_monotonic_ms_ = clock_->MonotonicMs();
  uint64_t first_kept_segment = 0;
  {
    WriterLock gate(&gate_);
    VARVE_ASSIGN_OR_RETURN(first_kept_segment, wal_->Rotate());
    metric_head_.BeginFlush();
    log_head_.BeginFlush();
  }
  std::vector<std::string> names;
  absl::Status status = WriteParts(&names);
  if (status.ok() && !names.empty()) status = parts_->Replace(names, {});
  metric_head_.EndFlush(status.ok());
  log_head_.EndFlush(status.ok());
  if (!status.ok()) {
    for (const std::string& name : names) files_->RemoveFile(parts_->PathOf(name)).IgnoreError();
    return status;
  }
  {
    WriterLock gate(&gate_);
    metric_head_.EvictIdle(clock_->NowMs() - options_.series_idle_ms);
  }
  ++flushes_;
  return wal_->RemoveSegmentsBefore(first_kept_segment);
}

absl::Status LocalDatabase::Flush() {
  MutexLock lock(&maintenance_mutex_);
  return FlushLocked();
}

std::vector<PartSummary> LocalDatabase::MergeableParts() const {
  std::vector<PartSummary> parts = parts_->Summaries();
  std::erase_if(parts, [this](const PartSummary& part) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return damaged_parts_.count(part.name) > 0;
  });
  return parts;
}

absl::Status LocalDatabase::CompactLocked(const CompactionPlan& plan) {
  const std::vector<PartSummary> summaries = parts_->Summaries();
  const auto input = std::find_if(summaries.begin(), summaries.end(), [&](const PartSummary& part) {
    return part.name == plan.inputs.front();
  });
  const SignalKind kind = input->kind;
  const int32_t day = input->metadata.partition_day;
  uint64_t part_id = 0;
  const std::string name = parts_->NewPartName(kind, &part_id);
  const std::shared_ptr<const PartSnapshot> snapshot = parts_->Snapshot();
  const auto is_input = [&](const auto& part) {
    const std::string part_name(NameOf(part->file().name()));
    return std::find(plan.inputs.begin(), plan.inputs.end(), part_name) != plan.inputs.end();
  };
  absl::Status status;
  if (kind == SignalKind::kMetrics) {
    std::vector<std::shared_ptr<MetricPart>> inputs;
    std::copy_if(snapshot->metrics.begin(), snapshot->metrics.end(), std::back_inserter(inputs),
                 is_input);
    MetricPartOptions options;
    options.part_id = part_id;
    options.level = plan.level;
    options.partition_day = day;
    options.compress_high = plan.level == kLevelDay;
    status = MergeMetricParts(files_, std::move(inputs), parts_->PathOf(name), options);
  } else {
    std::vector<LogPartPtr> inputs;
    std::copy_if(snapshot->logs.begin(), snapshot->logs.end(), std::back_inserter(inputs),
                 is_input);
    PartMetadata identity;
    identity.part_id = part_id;
    identity.level = plan.level;
    identity.partition_day = day;
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LogPartWriter> writer,
                           LogPartWriter::Create(files_, parts_->PathOf(name)));
    status = MergeLogParts(inputs, writer.get());
    if (status.ok()) status = writer->Finish(identity).status();
  }
  if (absl::IsDataLoss(status)) {
    // Merging them again would fail again; they stay readable as far as they are.
    damaged_parts_.insert(plan.inputs.begin(), plan.inputs.end());
  }
  VARVE_RETURN_IF_ERROR(status);
  VARVE_RETURN_IF_ERROR(parts_->Replace({name}, plan.inputs));
  ++compactions_;
  return absl::OkStatus();
}

absl::Status LocalDatabase::CompactAll() {
  MutexLock lock(&maintenance_mutex_);
  VARVE_RETURN_IF_ERROR(FlushLocked());
  while (const auto plan = PlanFullCompaction(MergeableParts())) {
    VARVE_RETURN_IF_ERROR(CompactLocked(*plan));
  }
  return absl::OkStatus();
}

absl::Status LocalDatabase::ApplyRetention() {
  last_retention_monotonic_ms_ = clock_->MonotonicMs();
  const std::vector<std::string> expired = PlanRetention(
      parts_->Summaries(), RetentionNowMs(), options_.retention_ms, options_.retention_bytes);
  return expired.empty() ? absl::OkStatus() : parts_->Replace({}, expired);
}

bool LocalDatabase::FlushIsDue() const {
  if (metric_head_.sample_count() == 0 && log_head_.Stats().entries == 0) return false;
  const uint64_t wal_bytes_due =
      std::clamp(metric_head_.series_count() * kFlushWalBytesPerSeries, options_.flush_wal_bytes,
                 std::max(options_.flush_wal_bytes, kFlushWalBytesMax));
  return wal_->total_bytes() >= wal_bytes_due ||
         log_head_.Stats().memory_bytes >= options_.flush_log_bytes ||
         clock_->MonotonicMs() - last_flush_monotonic_ms_ >= options_.flush_interval_ms;
}

absl::Status LocalDatabase::Maintain() {
  MutexLock lock(&maintenance_mutex_);
  // Retention first: on a full disk it is what makes room for the flush.
  if (clock_->MonotonicMs() - last_retention_monotonic_ms_ >= kRetentionPeriodMs) {
    VARVE_RETURN_IF_ERROR(ApplyRetention());
  }
  if (FlushIsDue()) VARVE_RETURN_IF_ERROR(FlushLocked());
  if (const auto plan = PlanCompaction(MergeableParts(), clock_->NowMs())) {
    return CompactLocked(*plan);
  }
  return absl::OkStatus();
}

void LocalDatabase::RunMaintenance() {
  while (true) {
    {
      MutexLock lock(&thread_mutex_);
      if (!stopping_) lock.WaitFor(&wake_, std::chrono::milliseconds(kMaintenancePeriodMs));
      if (stopping_) return;
    }
    const absl::Status status = Maintain();
    if (status.ok()) continue;
    ++maintenance_failures_;
    if (options_.on_background_error) options_.on_background_error(status);
  }
}

StorageStats LocalDatabase::Stats() const {
  StorageStats stats;
  stats.head_series = metric_head_.series_count();
  stats.head_samples = metric_head_.sample_count();
  const LogHeadStats logs = log_head_.Stats();
  stats.head_streams = logs.streams;
  stats.head_entries = logs.entries;
  stats.samples_appended_total = samples_appended_;
  stats.entries_appended_total = entries_appended_;
  stats.entry_bytes_appended_total = entry_bytes_appended_;
  stats.samples_rejected_total = samples_rejected_;
  stats.entries_rejected_total = entries_rejected_;
  stats.series_created_total = metric_head_.series_created_total();
  const WalStats wal = wal_->stats();
  stats.wal_bytes = wal_->total_bytes();
  stats.wal_syncs_total = wal.syncs;
  stats.wal_sync_failures_total = wal.sync_failures;
  stats.wal_corruptions_total = wal_corruptions_;
  stats.wal_replayed_samples = replayed_samples_;
  stats.wal_replayed_entries = replayed_entries_;
  for (const PartSummary& part : parts_->Summaries()) {
    if (part.kind == SignalKind::kMetrics) {
      ++stats.metric_parts;
      stats.metric_part_bytes += part.file_bytes;
      stats.metric_part_samples += part.metadata.entry_count;
    } else {
      ++stats.log_parts;
      stats.log_part_bytes += part.file_bytes;
      stats.log_part_entries += part.metadata.entry_count;
    }
  }
  stats.flushes_total = flushes_;
  stats.compactions_total = compactions_;
  stats.maintenance_failures_total = maintenance_failures_;
  stats.quarantined_files = parts_->quarantined_files();
  const TimeRange span_ms = metric_head_.SpanMs();
  stats.head_min_time_ms = span_ms.begin;
  stats.head_max_time_ms = span_ms.empty() ? 0 : span_ms.end - 1;
  return stats;
}

absl::Status LocalDatabase::Close() {
  {
    WriterLock gate(&gate_);  // waits for writes that are under way
    if (closed_.exchange(true, std::memory_order_acq_rel)) return absl::OkStatus();
  }
  {
    MutexLock lock(&thread_mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  absl::Status status = Flush();
  const absl::Status wal = wal_->Close();
  lock_.reset();
  return status.ok() ? wal : status;
}

}  // namespace varve::storage
