#include "storage/local_database.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "storage/entry_bounds.h"
#include "storage/head_replay.h"
#include "storage/io/file_names.h"
#include "storage/local_querier.h"
#include "storage/metric_batch_write.h"
#include "storage/model/text.h"
#include "storage/snapshot.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr int64_t kMaintenancePeriodMs = 500;
constexpr int64_t kRetentionPeriodMs = 60'000;
// Attempts at a moment between two queries.
constexpr int kEvictAttempts = 50;
constexpr std::chrono::milliseconds kEvictPause{2};
// How far the wall clock may be ahead of the time that has passed before retention stops believing
// it.
constexpr int64_t kClockSlackMs = kMillisecondsPerHour;

void AddPart(const PartSummary& part, StorageStats* stats) {
  switch (part.kind) {
    case SignalKind::kMetrics:
      ++stats->metric_parts;
      stats->metric_part_bytes += part.file_bytes;
      stats->metric_part_samples += part.metadata.entry_count;
      break;
    case SignalKind::kLogs:
      ++stats->log_parts;
      stats->log_part_bytes += part.file_bytes;
      stats->log_part_entries += part.metadata.entry_count;
      break;
    case SignalKind::kStartTimestamps:
      ++stats->start_timestamp_parts;
      stats->start_timestamp_part_bytes += part.file_bytes;
      break;
    case SignalKind::kExemplars:
      ++stats->exemplar_parts;
      stats->exemplar_part_bytes += part.file_bytes;
      break;
    case SignalKind::kHistograms:
      ++stats->histogram_parts;
      stats->histogram_part_bytes += part.file_bytes;
      stats->histogram_part_samples += part.metadata.entry_count;
      break;
  }
}

// The smallest range that contains both.
TimeRange Enclosing(TimeRange a, TimeRange b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

// A delete's range in the unit of a kind.
TimeRange RangeOfKind(TimeRange range, SignalKind kind) {
  return SignalOf(kind) == Signal::kMetrics && CountsNanoseconds(kind) ? NanosecondsOf(range)
                                                                       : range;
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
      stores_(RandomSeed()),
      free_space_(files_, clock_, options_.path, options_.free_bytes_min) {}

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
  VARVE_ASSIGN_OR_RETURN(parts_,
                         PartSet::Open(files_, options_.path, options_.compile_entry_filter));
  compactor_ = std::make_unique<Compactor>(parts_.get(), &stores_, options_.keep_deleted_entries);
  // A merge holds the maintenance lock, and flushes do not wait for its end.
  stores_.entries.set_between_blocks([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return FlushIsDue() ? FlushLocked() : absl::OkStatus();
  });
  const std::string wal_directory = JoinPath(options_.path, kWalDirectoryName);
  VARVE_ASSIGN_OR_RETURN(
      const HeadReplayCounts replayed,
      ReplayIntoHeads(files_, options_.path, stores_, [this](const WalReplayProgress& progress) {
        if (!options_.on_replay) return;
        options_.on_replay(progress.first_segment, progress.last_segment, progress.read_segment);
      }));
  replayed_samples_ = replayed.EntriesOf(SignalKind::kMetrics);
  replayed_entries_ = replayed.EntriesOf(SignalKind::kLogs);
  replayed_histograms_ = replayed.EntriesOf(SignalKind::kHistograms);
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

absl::Status LocalDatabase::CheckWritable() {
  if (closed_.load(std::memory_order_acquire)) {
    return absl::UnavailableError("cannot append: the database is closing");
  }
  if (wal_->total_bytes() >= options_.wal_bytes_max) {
    return absl::ResourceExhaustedError(StrCat("cannot append: the WAL has grown to ",
                                               wal_->total_bytes(), " bytes, want less than ",
                                               options_.wal_bytes_max, "; flushes are failing"));
  }
  return free_space_.Check();
}

AppendResult LocalDatabase::AppendMetrics(const MetricBatch& batch) {
  AppendResult result;
  result.status = CheckWritable();
  if (!result.status.ok()) return result;
  MetricAppendLimits limits;
  limits.range_ms = AcceptedRangeMs();
  limits.series_max = options_.series_max;
  std::vector<WalWriter::Ticket> tickets;
  {
    WalWriter::Intent intent(wal_.get());
    ReaderLock gate(&gate_);
    if (closed_.load(std::memory_order_acquire)) {
      result.status = absl::UnavailableError("cannot append: the database is closing");
      return result;
    }
    tickets = WriteMetricBatch(batch, limits, &stores_, wal_.get(), &result);
  }
  for (const WalWriter::Ticket ticket : tickets) result.status.Update(wal_->Wait(ticket));
  if (absl::IsResourceExhausted(result.status)) free_space_.NoteFull();
  samples_appended_.fetch_add(result.accepted, std::memory_order_relaxed);
  exemplars_appended_.fetch_add(result.exemplars_accepted, std::memory_order_relaxed);
  samples_rejected_.fetch_add(result.rejected, std::memory_order_relaxed);
  histograms_appended_.fetch_add(result.histograms_accepted, std::memory_order_relaxed);
  return result;
}

AppendResult LocalDatabase::AppendLogs(const LogBatch& batch) {
  AppendResult result;
  result.status = CheckWritable();
  if (!result.status.ok()) return result;
  LogBatch kept;
  std::vector<uint32_t> places;  // of entries of `kept` in `batch`
  const LogBatch* accepted = &batch;
  if (DropOutOfBounds(batch, AcceptedRangeMs(), &kept, &places, &result)) accepted = &kept;
  const size_t refused = result.refused_entries.size();
  WalWriter::Ticket ticket = 0;
  bool logged = false;
  {
    WalWriter::Intent intent(wal_.get());
    ReaderLock gate(&gate_);
    if (closed_.load(std::memory_order_acquire)) {
      result.status = absl::UnavailableError("cannot append: the database is closing");
      return result;
    }
    std::vector<LogHeadStreamPtr> streams;
    stores_.entries.Append(*accepted, options_.streams_max, &result, &streams);
    if (result.accepted > 0) {
      ticket = stores_.entries.Log(wal_.get(), *accepted, streams);
      logged = true;
    }
    uint64_t line_bytes = 0;
    for (size_t i = 0; i < streams.size(); ++i) {
      const StreamWrite& write = accepted->streams[i];
      if (streams[i] == nullptr) continue;
      for (uint32_t j = write.begin; j < write.end; ++j) {
        line_bytes += accepted->entries[j].line.size();
      }
    }
    if (accepted == &kept) {
      for (size_t i = refused; i < result.refused_entries.size(); ++i) {
        result.refused_entries[i].entry = places[result.refused_entries[i].entry];
      }
    }
    entry_bytes_appended_.fetch_add(line_bytes, std::memory_order_relaxed);
  }
  if (logged) result.status = wal_->Wait(ticket);
  if (absl::IsResourceExhausted(result.status)) free_space_.NoteFull();
  entries_appended_.fetch_add(result.accepted, std::memory_order_relaxed);
  entries_rejected_.fetch_add(result.rejected, std::memory_order_relaxed);
  return result;
}

std::unique_ptr<Querier> LocalDatabase::NewQuerier() const {
  return std::make_unique<LocalQuerier>(&stores_, parts_.get());
}

absl::Status LocalDatabase::WriteParts(std::vector<std::string>* names) {
  for (SignalStore* store : stores_.all()) {
    VARVE_RETURN_IF_ERROR(store->WriteParts(parts_.get(), names));
  }
  return absl::OkStatus();
}

absl::Status LocalDatabase::FlushLocked() {
  last_flush_monotonic_ms_ = clock_->MonotonicMs();
  uint64_t first_kept_segment = 0;
  {
    WriterLock gate(&gate_);
    VARVE_ASSIGN_OR_RETURN(first_kept_segment, wal_->Rotate());
    for (SignalStore* store : stores_.all()) store->BeginFlush();
  }
  std::vector<std::string> names;
  absl::Status status = WriteParts(&names);
  if (status.ok() && !names.empty()) status = parts_->Replace(names, {});
  for (SignalStore* store : stores_.all()) store->EndFlush(status.ok());
  if (!status.ok()) {
    for (const std::string& name : names) files_->RemoveFile(parts_->PathOf(name)).IgnoreError();
    return status;
  }
  EvictIdle();
  ++flushes_;
  wal_is_stale_ = true;
  VARVE_RETURN_IF_ERROR(wal_->RemoveSegmentsBefore(first_kept_segment));
  wal_is_stale_ = false;
  return absl::OkStatus();
}

void LocalDatabase::EvictIdle() {
  const int64_t before_ms = clock_->NowMs() - options_.series_idle_ms;
  for (SignalStore* store : stores_.all()) {
    if (!store->HasIdle(before_ms)) continue;
    // What is not done in the end is done after the next flush.
    for (int attempt = 0; attempt < kEvictAttempts; ++attempt) {
      if (attempt > 0) std::this_thread::sleep_for(kEvictPause);
      WriterLock gate(&gate_);
      if (store->EvictIdle(before_ms)) break;
    }
  }
}

absl::Status LocalDatabase::Flush() {
  MutexLock lock(&maintenance_mutex_);
  return FlushLocked();
}

absl::Status LocalDatabase::CompactAll() {
  MutexLock lock(&maintenance_mutex_);
  VARVE_RETURN_IF_ERROR(FlushLocked());
  return compactor_->MergeAll();
}

bool LocalDatabase::MayBeOutsideParts(Signal signal, const std::vector<Matcher>& matchers,
                                      TimeRange range) const {
  if (wal_is_stale_) return true;
  for (const SignalStore* store : stores_.all()) {
    if (SignalOf(store->kind()) != signal) continue;
    if (store->HasInHead(matchers, RangeOfKind(range, store->kind()))) return true;
  }
  return false;
}

absl::Status LocalDatabase::Delete(Signal signal, const std::vector<Matcher>& matchers,
                                   TimeRange range) {
  MutexLock lock(&maintenance_mutex_);
  return DeleteLocked(signal, matchers, range, "").status();
}

absl::StatusOr<uint64_t> LocalDatabase::DeleteEntries(const EntryDeletion& deletion) {
  MutexLock lock(&maintenance_mutex_);
  return DeleteLocked(Signal::kLogs, deletion.matchers, deletion.range_ns, deletion.filter);
}

std::vector<uint64_t> LocalDatabase::PendingDeletions() const { return parts_->MaskIds(); }

absl::Status LocalDatabase::CancelDeletion(uint64_t id) {
  MutexLock lock(&maintenance_mutex_);
  const std::vector<uint64_t> pending = parts_->MaskIds();
  if (std::find(pending.begin(), pending.end(), id) == pending.end()) {
    return absl::NotFoundError(StrCat("cannot cancel deletion ", id, ": none is pending"));
  }
  return parts_->DropMasks({id});
}

bool LocalDatabase::CleaningIsDue() {
  const int64_t now_ms = clock_->MonotonicMs();
  const std::vector<uint64_t> pending = parts_->MaskIds();
  std::erase_if(masks_seen_ms_, [&](const auto& one) {
    return !std::binary_search(pending.begin(), pending.end(), one.first);
  });
  bool due = false;
  for (const uint64_t id : pending) {
    int64_t& seen_ms = masks_seen_ms_.try_emplace(id, now_ms).first->second;
    if (now_ms - seen_ms < options_.deletion_delay_ms) continue;
    due = true;
    seen_ms = now_ms;  // one that fails, because a part is damaged, is not tried at once again
  }
  return due;
}

absl::StatusOr<uint64_t> LocalDatabase::DeleteLocked(Signal signal,
                                                     const std::vector<Matcher>& matchers,
                                                     TimeRange range, const std::string& filter) {
  if (range.empty()) return 0;
  if (closed_.load(std::memory_order_acquire)) {
    return absl::UnavailableError("cannot delete: the database is closing");
  }
  if (parts_->contents().masks.size() >= kDeletionMasksMax) {
    // A part that is damaged keeps its masks; that is no reason to refuse, as long as others go.
    const absl::Status cleaned = compactor_->CleanDeletions();
    if (parts_->contents().masks.size() >= kDeletionMasksMax) {
      return cleaned.ok() ? absl::ResourceExhaustedError(
                                StrCat("cannot delete: ", kDeletionMasksMax,
                                       " deletions wait for compaction, want fewer"))
                          : cleaned;
    }
  }
  // Masks hide what is in parts, so it must be there, and nowhere in the WAL, from where a restart
  // would bring it back.
  if (MayBeOutsideParts(signal, matchers, range)) VARVE_RETURN_IF_ERROR(FlushLocked());
  VARVE_RETURN_IF_ERROR(
      files_->SyncDirectory(JoinPath(options_.path, kWalDirectoryName)));  // removals
  VARVE_ASSIGN_OR_RETURN(const uint64_t id, parts_->AddMask(signal, matchers, range, filter));
  WriterLock gate(&gate_);
  for (SignalStore* store : stores_.all()) {
    if (SignalOf(store->kind()) == signal) {
      store->Forget(matchers, RangeOfKind(range, store->kind()));
    }
  }
  return id;
}

absl::Status LocalDatabase::CleanDeletions() {
  MutexLock lock(&maintenance_mutex_);
  return compactor_->CleanDeletions();
}

absl::Status LocalDatabase::Snapshot(const std::string& directory, bool skip_heads) {
  MutexLock lock(&maintenance_mutex_);
  if (!skip_heads) VARVE_RETURN_IF_ERROR(FlushLocked());
  return WriteSnapshot(*parts_, directory);
}

bool LocalDatabase::FlushIsDue() const {
  HeadSize heads;
  for (const SignalStore* store : stores_.all()) {
    const HeadSize one = store->head_size();
    heads.series += one.series;
    heads.entries += one.entries;
    heads.memory_bytes += one.memory_bytes;
  }
  if (heads.entries == 0) return false;
  const uint64_t wal_bytes_due =
      std::clamp(heads.series * kFlushWalBytesPerSeries, options_.flush_wal_bytes,
                 std::max(options_.flush_wal_bytes, kFlushWalBytesMax));
  return wal_->content_bytes() >= wal_bytes_due ||
         wal_->total_bytes() >= std::max(options_.flush_wal_bytes, kFlushWalBytesMax) ||
         heads.memory_bytes >= options_.flush_log_bytes ||
         clock_->MonotonicMs() - last_flush_monotonic_ms_ >= options_.flush_interval_ms;
}

absl::Status LocalDatabase::Maintain() {
  MutexLock lock(&maintenance_mutex_);
  // Retention first: on a full disk it is what makes room for the flush.
  if (clock_->MonotonicMs() - last_retention_monotonic_ms_ >= kRetentionPeriodMs) {
    last_retention_monotonic_ms_ = clock_->MonotonicMs();
    VARVE_RETURN_IF_ERROR(
        compactor_->DropExpired(RetentionNowMs(), options_.retention_ms, options_.retention_bytes));
  }
  if (FlushIsDue()) VARVE_RETURN_IF_ERROR(FlushLocked());
  if (CleaningIsDue()) VARVE_RETURN_IF_ERROR(compactor_->CleanDeletions());
  return compactor_->MergeDue(clock_->NowMs());
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
  const HeadSize metrics = stores_.samples.head_size();
  stats.head_series = metrics.series;
  stats.head_samples = metrics.entries;
  const HeadSize logs = stores_.entries.head_size();
  stats.head_streams = logs.series;
  stats.head_entries = logs.entries;
  const HeadSize histograms = stores_.histograms.head_size();
  stats.head_histogram_series = histograms.series;
  stats.head_histograms = histograms.entries;
  stats.samples_appended_total = samples_appended_;
  stats.entries_appended_total = entries_appended_;
  stats.histograms_appended_total = histograms_appended_;
  stats.entry_bytes_appended_total = entry_bytes_appended_;
  stats.samples_rejected_total = samples_rejected_;
  stats.entries_rejected_total = entries_rejected_;
  stats.series_created_total = stores_.samples.head().series_created_total();
  stats.head_exemplars = stores_.exemplars.head_size().entries;
  stats.exemplars_appended_total = exemplars_appended_;
  stats.exemplars_rejected_total = stores_.exemplars.rejected_total();
  const WalStats wal = wal_->stats();
  stats.wal_bytes = wal_->total_bytes();
  stats.wal_syncs_total = wal.syncs;
  stats.wal_sync_failures_total = wal.sync_failures;
  stats.wal_corruptions_total = wal_corruptions_;
  stats.wal_replayed_samples = replayed_samples_;
  stats.wal_replayed_entries = replayed_entries_;
  stats.wal_replayed_histograms = replayed_histograms_;
  const std::vector<PartSummary> parts = parts_->Summaries();
  for (const PartSummary& part : parts) AddPart(part, &stats);
  stats.deletion_masks = parts_->mask_count();
  stats.flushes_total = flushes_;
  stats.compactions_total = compactor_->merges_total();
  stats.maintenance_failures_total = maintenance_failures_;
  stats.quarantined_files = parts_->quarantined_files();
  const TimeRange span_ms =
      Enclosing(stores_.samples.head().SpanMs(), stores_.histograms.head().SpanMs());
  stats.head_min_time_ms = span_ms.begin;
  stats.head_max_time_ms = span_ms.empty() ? 0 : span_ms.end - 1;
  TimeRange all_ms = span_ms;
  for (const PartSummary& part : parts) {
    if (part.kind != SignalKind::kMetrics && part.kind != SignalKind::kHistograms) continue;
    all_ms = Enclosing(all_ms, TimeRange::Inclusive(part.min_time_ms(), part.max_time_ms()));
  }
  stats.metrics_min_time_ms = all_ms.begin;
  stats.metrics_max_time_ms = all_ms.empty() ? 0 : all_ms.end - 1;
  return stats;
}

absl::StatusOr<Cardinality> LocalDatabase::MetricCardinality(TimeRange range_ms,
                                                             size_t limit) const {
  return LocalQuerier(&stores_, parts_.get()).MetricCardinality(range_ms, limit);
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
