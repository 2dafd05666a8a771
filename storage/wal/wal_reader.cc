#include "storage/wal/wal_reader.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "storage/io/file_names.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

struct Segment {
  uint64_t id = 0;
  std::unique_ptr<RandomAccessFile> file;
  uint64_t synced_bytes = 0;  // as far as the next segment tells
};

std::string SegmentPath(const std::string& directory, uint64_t segment_id) {
  return JoinPath(directory, WalSegmentFileName(segment_id));
}

// The segments of a directory by id, each with what the one behind it says about it.
absl::StatusOr<std::vector<Segment>> OpenSegments(FileSystem* files, const std::string& directory) {
  std::vector<Segment> segments;
  absl::StatusOr<std::vector<std::string>> names = files->ListDirectory(directory);
  if (absl::IsNotFound(names.status())) return segments;
  if (!names.ok()) return std::move(names).status();
  for (const std::string& name : *names) {
    const std::optional<uint64_t> id = ParseWalSegmentFileName(name);
    if (!id) continue;
    VARVE_ASSIGN_OR_RETURN(std::unique_ptr<RandomAccessFile> file,
                           files->NewRandomAccessFile(JoinPath(directory, name)));
    segments.push_back({.id = *id, .file = std::move(file)});
  }
  std::sort(segments.begin(), segments.end(),
            [](const Segment& a, const Segment& b) { return a.id < b.id; });

  std::string bytes;
  for (size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    VARVE_RETURN_IF_ERROR(segment.file->Read(
        0, std::min<uint64_t>(segment.file->size(), kWalSegmentHeaderBytes), &bytes));
    const std::optional<WalSegmentHeader> header = DecodeWalSegmentHeader(bytes);
    if (!header) continue;
    if (header->version != kWalVersion) {
      return absl::FailedPreconditionError(StrCat("cannot read log segment ",
                                                  SegmentPath(directory, segment.id), ": version ",
                                                  header->version, ", want ", kWalVersion));
    }
    if (header->segment_id != segment.id) continue;
    for (Segment& earlier : segments) {
      if (earlier.id < segment.id && earlier.id == header->previous_segment_id) {
        earlier.synced_bytes = header->previous_synced_bytes;
      }
    }
  }
  return segments;
}

// Best effort: see ReplayWal.
bool CopyToQuarantine(FileSystem* files, const std::string& quarantine_directory,
                      uint64_t segment_id, uint64_t offset, std::string_view bytes) {
  if (!files->CreateDirectory(quarantine_directory).ok()) return false;
  const std::string path =
      JoinPath(quarantine_directory, QuarantinedWalFileName(segment_id, offset));
  const absl::StatusOr<bool> exists = files->FileExists(path);
  if (!exists.ok() || *exists) return false;  // from an earlier start
  return WriteFileAtomically(files, path, bytes).ok();
}

bool IsAllZero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

// The first offset at or behind `offset` where a whole record verifies, or the end of the segment.
uint64_t NextRecord(std::string_view segment, uint64_t segment_id, uint64_t offset) {
  for (; offset + kWalRecordHeaderBytes <= segment.size(); ++offset) {
    // Type and the highest byte of a length are looked at first: they rule most offsets out.
    if (segment[offset + 8] == 0 || static_cast<uint8_t>(segment[offset + 7]) > 4) continue;
    const auto header = DecodeWalRecordHeader(segment, segment_id, offset);
    if (header && WalRecordIsValid(segment, segment_id, offset, *header)) return offset;
  }
  return segment.size();
}
static_assert(kWalPayloadBytesMax >> 24 <= 4, "NextRecord relies on it");

// Whether the bytes from `offset` to the end are what an interrupted append leaves.
bool LooksTorn(std::string_view segment, uint64_t segment_id, uint64_t offset) {
  const std::string_view tail = segment.substr(offset);
  if (tail.size() < kWalRecordHeaderBytes || IsAllZero(tail)) return true;
  const auto header = DecodeWalRecordHeader(segment, segment_id, offset);
  return header && tail.size() < kWalRecordHeaderBytes + uint64_t{header->length};
}

}  // namespace

absl::Status ScanWalSegment(std::string_view segment, uint64_t segment_id, uint64_t synced_bytes,
                            WalVisitor visitor, absl::FunctionRef<void(WalDamage)> on_damage) {
  const std::optional<WalSegmentHeader> segment_header = DecodeWalSegmentHeader(segment);
  uint64_t offset = std::min<uint64_t>(kWalSegmentHeaderBytes, segment.size());
  if (!segment_header || segment_header->segment_id != segment_id) {
    const bool torn = segment.size() < kWalSegmentHeaderBytes || IsAllZero(segment);
    on_damage({.begin = 0, .end = offset, .torn_tail = torn && synced_bytes == 0});
    if (torn) return absl::OkStatus();
  }
  while (offset < segment.size()) {
    const auto header = DecodeWalRecordHeader(segment, segment_id, offset);
    if (header && WalRecordIsValid(segment, segment_id, offset, *header)) {
      const std::string_view payload =
          segment.substr(offset + kWalRecordHeaderBytes, header->length);
      VARVE_RETURN_IF_ERROR(visitor(segment_id, static_cast<WalRecordType>(header->type), payload));
      offset += kWalRecordHeaderBytes + header->length;
      continue;
    }
    const uint64_t next = NextRecord(segment, segment_id, offset + 1);
    const bool torn =
        next == segment.size() && offset >= synced_bytes && LooksTorn(segment, segment_id, offset);
    on_damage({.begin = offset, .end = next, .torn_tail = torn});
    offset = next;
  }
  // A file shorter than what was synced has lost bytes that are not there to be copied.
  if (segment.size() < synced_bytes) on_damage({.begin = segment.size(), .end = segment.size()});
  return absl::OkStatus();
}

absl::StatusOr<WalReplayStats> ReplayWal(FileSystem* files, const std::string& directory,
                                         const std::string& quarantine_directory,
                                         WalVisitor visitor, const WalReplayObserver& on_progress) {
  VARVE_ASSIGN_OR_RETURN(std::vector<Segment> segments, OpenSegments(files, directory));
  WalReplayProgress progress;
  if (!segments.empty()) {
    progress = {segments.front().id, segments.back().id, segments.front().id};
    if (on_progress) on_progress(progress);
  }
  WalReplayStats stats;
  std::string bytes;
  for (Segment& segment : segments) {
    // Read, not mapped: a bad sector is an error here and would be a SIGBUS there.
    VARVE_RETURN_IF_ERROR(segment.file->Read(0, segment.file->size(), &bytes));
    segment.file.reset();
    ++stats.segments;
    stats.bytes += bytes.size();
    stats.highest_segment_id = segment.id;
    bool torn_tail = false;
    const auto visit = [&](uint64_t id, WalRecordType type, std::string_view payload) {
      ++stats.records;
      return visitor(id, type, payload);
    };
    const auto on_damage = [&](WalDamage damage) {
      if (damage.torn_tail) {
        torn_tail = true;
        return;
      }
      ++stats.corruptions;
      stats.corrupt_bytes += damage.end - damage.begin;
      if (damage.begin == damage.end) return;
      const std::string_view damaged =
          std::string_view(bytes).substr(damage.begin, damage.end - damage.begin);
      stats.quarantined_files +=
          CopyToQuarantine(files, quarantine_directory, segment.id, damage.begin, damaged) ? 1 : 0;
    };
    VARVE_RETURN_IF_ERROR(
        ScanWalSegment(bytes, segment.id, segment.synced_bytes, visit, on_damage));
    stats.torn_tails += torn_tail ? 1 : 0;
    progress.read_segment = segment.id;
    if (on_progress) on_progress(progress);
  }
  return stats;
}

}  // namespace varve::storage
