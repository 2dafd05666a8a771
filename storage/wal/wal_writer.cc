#include "storage/wal/wal_writer.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "storage/io/file_names.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// A buffer that grew beyond this in a rush of writers is given back.
constexpr size_t kSpareBytesMax = 4U << 20;

// The sender of a batch only has to know whether the disk is full.
absl::Status AppendError(const absl::Status& status) {
  if (status.ok() || absl::IsResourceExhausted(status)) return status;
  return absl::UnavailableError(status.message());
}

}  // namespace

absl::StatusOr<std::unique_ptr<WalWriter>> WalWriter::Open(FileSystem* files, std::string directory,
                                                           uint64_t next_segment_id,
                                                           WalOptions options) {
  VARVE_RETURN_IF_ERROR(files->CreateDirectory(directory));
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files->ListDirectory(directory));
  std::map<uint64_t, SegmentSize> segments;
  uint64_t first_id = std::max<uint64_t>(1, next_segment_id);
  for (const std::string& name : names) {
    const std::optional<uint64_t> id = ParseWalSegmentFileName(name);
    if (!id) continue;
    VARVE_ASSIGN_OR_RETURN(segments[*id].bytes, files->FileSize(JoinPath(directory, name)));
    first_id = std::max(first_id, *id + 1);
  }
  return std::unique_ptr<WalWriter>(
      new WalWriter(files, std::move(directory), first_id, options, std::move(segments)));
}

WalWriter::WalWriter(FileSystem* files, std::string directory, uint64_t next_segment_id,
                     WalOptions options, std::map<uint64_t, SegmentSize> segments)
    : files_(files),
      directory_(std::move(directory)),
      options_(options),
      segments_(std::move(segments)),
      segment_id_(next_segment_id) {}

WalWriter::~WalWriter() { Close().IgnoreError(); }

void WalWriter::Intent::Done() {
  WalWriter* writer = std::exchange(writer_, nullptr);
  if (writer == nullptr || --writer->arriving_ > 0) return;
  MutexLock lock(&writer->mutex_);
  if (writer->gathering_) writer->gathered_.notify_one();
}

WalWriter::Ticket WalWriter::Enqueue(WalRecordType type, Encode encode) {
  ++arriving_;
  MutexLock lock(&mutex_);
  --arriving_;
  if (gathering_) gathered_.notify_one();  // it looks again when this thread gives the lock up
  if (closed_) return kClosedTicket;
  if (SegmentIsFull()) StartSegment(segment_id_ + 1);
  if (groups_.empty() || groups_.back().segment_id != segment_id_) {
    groups_.push_back({.segment_id = segment_id_, .bytes = std::exchange(spare_, std::string())});
  }
  Group& group = groups_.back();
  const size_t begin = group.bytes.size();
  group.bytes.resize(begin + kWalRecordHeaderBytes);
  const size_t definition_bytes = encode(segment_id_, &group.bytes);
  if (group.bytes.size() - begin - kWalRecordHeaderBytes > kWalPayloadBytesMax) {
    group.bytes.resize(begin);
    if (group.first == 0) groups_.pop_back();
    // Its definitions do not exist, so that nothing may rely on them.
    StartSegment(segment_id_ + 1);
    ++stats_.records_failed;
    return kTooLargeTicket;
  }
  FinishWalRecord(type, segment_id_, segment_offset_, begin, &group.bytes);
  segment_offset_ += group.bytes.size() - begin;
  segment_definition_bytes_ += definition_bytes;
  group.definition_bytes += definition_bytes;
  const Ticket ticket = next_ticket_++;
  if (group.first == 0) group.first = ticket;
  group.last = ticket;
  return ticket;
}

absl::Status WalWriter::Wait(Ticket ticket) {
  if (ticket == kTooLargeTicket) {
    return absl::OutOfRangeError(
        StrCat("cannot log record: too large, want at most ", kWalPayloadBytesMax, " bytes"));
  }
  if (ticket == kClosedTicket) {
    return absl::UnavailableError("cannot log record: the log is closed, want an open one");
  }
  MutexLock lock(&mutex_);
  while (decided_ < ticket) {
    if (writing_) {
      lock.Wait(&done_);
    } else {
      LeadFirstGroup(&lock);
    }
  }
  return TakeResult(ticket);
}

void WalWriter::LeadFirstGroup(MutexLock* lock) {
  writing_ = true;
  Gather(lock);
  Group group = std::move(groups_.front());
  groups_.pop_front();

  mutex_.Unlock();
  const Written written = WriteGroup(group);
  mutex_.Lock();

  writing_ = false;
  AddStats(group, written);
  Ticket last = group.last;
  if (!written.status.ok()) {
    for (; !groups_.empty() && groups_.front().segment_id == group.segment_id;
         groups_.pop_front()) {
      last = groups_.front().last;
    }
    Fail(group.first, last, written.status);
    if (segment_id_ == group.segment_id) StartSegment(segment_id_ + 1);
  }
  decided_ = last;
  if (spare_.capacity() < group.bytes.capacity() && group.bytes.capacity() <= kSpareBytesMax) {
    group.bytes.clear();
    spare_ = std::move(group.bytes);
  }
  done_.notify_all();
}

void WalWriter::Gather(MutexLock* lock) {
  using std::chrono::steady_clock;
  if (arriving_ == 0 || options_.group_wait_us_max <= 0) return;
  const auto deadline = steady_clock::now() + std::chrono::microseconds(options_.group_wait_us_max);
  gathering_ = true;
  while (arriving_ > 0 && groups_.size() == 1 &&
         groups_.front().bytes.size() < options_.group_bytes) {
    const auto left = deadline - steady_clock::now();
    if (left <= steady_clock::duration::zero()) break;
    lock->WaitFor(&gathered_, left);
  }
  gathering_ = false;
}

WalWriter::Written WalWriter::WriteGroup(const Group& group) {
  Written written;
  written.status = AppendError(WriteAndSync(group, &written));
  written.file_bytes = file_segment_id_ == group.segment_id ? file_bytes_ : 0;
  if (written.status.ok()) return written;
  if (file_segment_id_ == group.segment_id && file_ != nullptr) {
    file_.reset();
    // Nothing in it was acknowledged; on a full disk its space is what the next attempt needs.
    if (file_is_new_) written.removed = files_->RemoveFile(SegmentPath(group.segment_id)).ok();
  }
  return written;
}

absl::Status WalWriter::WriteAndSync(const Group& group, Written* written) {
  if (file_ == nullptr || file_segment_id_ != group.segment_id) {
    VARVE_RETURN_IF_ERROR(CreateSegment(group.segment_id));
  }
  file_bytes_ += group.bytes.size();  // a part of it may be there even when the write fails
  VARVE_RETURN_IF_ERROR(file_->Append(group.bytes));
  written->bytes += group.bytes.size();
  ++written->syncs;
  absl::Status status = file_->Sync();
  if (status.ok() && file_is_new_) status = files_->SyncDirectory(directory_);
  if (!status.ok()) {
    written->sync_failed = true;
    return status;
  }
  file_is_new_ = false;
  durable_segment_id_ = file_segment_id_;
  durable_bytes_ = file_bytes_;
  return absl::OkStatus();
}

absl::Status WalWriter::CreateSegment(uint64_t segment_id) {
  file_.reset();  // everything in it is durable, or it failed
  VARVE_ASSIGN_OR_RETURN(file_, files_->NewWritableFile(SegmentPath(segment_id)));
  file_segment_id_ = segment_id;
  file_is_new_ = true;
  file_bytes_ = kWalSegmentHeaderBytes;
  return file_->Append(EncodeWalSegmentHeader({
      .segment_id = segment_id,
      .previous_segment_id = durable_segment_id_,
      .previous_synced_bytes = durable_bytes_,
  }));
}

void WalWriter::AddStats(const Group& group, const Written& written) {
  const uint64_t records = group.last - group.first + 1;
  stats_.bytes += written.bytes;
  stats_.syncs += written.syncs;
  if (written.status.ok()) {
    ++stats_.groups;
    stats_.records += records;
  } else if (written.sync_failed) {
    ++stats_.sync_failures;
  } else {
    ++stats_.write_failures;
  }
  if (written.removed) {
    segments_.erase(group.segment_id);
  } else if (written.file_bytes > 0) {
    SegmentSize& size = segments_[group.segment_id];
    size.bytes = written.file_bytes;
    size.definition_bytes += group.definition_bytes;
  }
}

void WalWriter::StartSegment(uint64_t segment_id) {
  segment_id_ = segment_id;
  segment_offset_ = kWalSegmentHeaderBytes;
  segment_definition_bytes_ = 0;
}

bool WalWriter::SegmentIsFull() const {
  const uint64_t content_bytes = segment_offset_ - segment_definition_bytes_;
  return content_bytes >= std::max(options_.segment_bytes, segment_definition_bytes_);
}

void WalWriter::Fail(Ticket first, Ticket last, const absl::Status& status) {
  failures_[first] = {.last = last, .unclaimed = last - first + 1, .status = status};
  stats_.records_failed += last - first + 1;
}

absl::Status WalWriter::TakeResult(Ticket ticket) {
  auto found = failures_.upper_bound(ticket);
  if (found == failures_.begin()) return absl::OkStatus();
  --found;
  Failure& failure = found->second;
  if (ticket > failure.last) return absl::OkStatus();
  absl::Status status = failure.status;
  if (--failure.unclaimed == 0) failures_.erase(found);
  return status;
}

void WalWriter::DrainBefore(uint64_t segment_id, MutexLock* lock) {
  while (true) {
    if (writing_) {
      lock->Wait(&done_);
    } else if (!groups_.empty() && groups_.front().segment_id < segment_id) {
      LeadFirstGroup(lock);
    } else {
      return;
    }
  }
}

absl::StatusOr<uint64_t> WalWriter::Rotate() {
  MutexLock lock(&mutex_);
  if (closed_) return absl::UnavailableError("cannot rotate log: closed, want an open one");
  if (segment_offset_ > kWalSegmentHeaderBytes) StartSegment(segment_id_ + 1);
  return segment_id_;
}

absl::Status WalWriter::RemoveSegmentsBefore(uint64_t segment_id) {
  std::vector<uint64_t> removed;
  {
    MutexLock lock(&mutex_);
    const uint64_t end = std::min(segment_id, segment_id_);
    DrainBefore(end, &lock);
    if (file_segment_id_ < end) file_.reset();
    for (const auto& [id, size] : segments_) {
      if (id < end) removed.push_back(id);
    }
  }
  if (removed.empty()) return absl::OkStatus();
  // Oldest first, so that what is left after a crash is the newer end of the log.
  for (const uint64_t id : removed) {
    absl::Status status = files_->RemoveFile(SegmentPath(id));
    if (!status.ok() && !absl::IsNotFound(status)) return status;
    MutexLock lock(&mutex_);
    segments_.erase(id);
  }
  return files_->SyncDirectory(directory_);
}

uint64_t WalWriter::total_bytes() const {
  MutexLock lock(&mutex_);
  uint64_t bytes = 0;
  for (const auto& [id, size] : segments_) bytes += size.bytes;
  return bytes;
}

uint64_t WalWriter::content_bytes() const {
  MutexLock lock(&mutex_);
  uint64_t bytes = 0;
  // A failed write may have left less in the file than the group had.
  for (const auto& [id, size] : segments_) {
    bytes += size.bytes - std::min(size.bytes, size.definition_bytes);
  }
  return bytes;
}

uint64_t WalWriter::segment_id() const {
  MutexLock lock(&mutex_);
  return segment_id_;
}

WalStats WalWriter::stats() const {
  MutexLock lock(&mutex_);
  return stats_;
}

absl::Status WalWriter::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
  DrainBefore(std::numeric_limits<uint64_t>::max(), &lock);
  const std::unique_ptr<WritableFile> file = std::move(file_);
  return file == nullptr ? absl::OkStatus() : file->Close();
}

std::string WalWriter::SegmentPath(uint64_t segment_id) const {
  return JoinPath(directory_, WalSegmentFileName(segment_id));
}

}  // namespace varve::storage
