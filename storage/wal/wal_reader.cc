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

// How much of a segment is read at once.
constexpr uint64_t kPieceBytes = 1 << 20;

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

// The bytes of a segment from an offset to its end.
struct SegmentTail {
  uint64_t begin = 0;
  std::string_view bytes;

  uint64_t end() const { return begin + bytes.size(); }
  std::string_view From(uint64_t offset) const { return bytes.substr(offset - begin); }
};

// The first offset at or behind `offset` where a whole record verifies, or the end of the segment.
uint64_t NextRecord(const SegmentTail& tail, uint64_t segment_id, uint64_t offset) {
  for (; offset + kWalRecordHeaderBytes <= tail.end(); ++offset) {
    const std::string_view rest = tail.From(offset);
    // Type and the highest byte of a length are looked at first: they rule most offsets out.
    if (rest[8] == 0 || static_cast<uint8_t>(rest[7]) > 4) continue;
    const auto header = DecodeWalRecordHeader(rest, segment_id, offset);
    if (header && WalRecordIsValid(rest, segment_id, offset, *header)) return offset;
  }
  return tail.end();
}
static_assert(kWalPayloadBytesMax >> 24 <= 4, "NextRecord relies on it");

// Whether the bytes from `offset` to the end are what an interrupted append leaves.
bool LooksTorn(std::string_view bytes, uint64_t segment_id, uint64_t offset) {
  if (bytes.size() < kWalRecordHeaderBytes || IsAllZero(bytes)) return true;
  const auto header = DecodeWalRecordHeader(bytes, segment_id, offset);
  return header && bytes.size() < kWalRecordHeaderBytes + uint64_t{header->length};
}

// ScanWalSegment behind the header of the segment.
absl::Status ScanRecords(const SegmentTail& tail, uint64_t segment_id, uint64_t synced_bytes,
                         WalVisitor visitor, absl::FunctionRef<void(WalDamage)> on_damage) {
  uint64_t offset = tail.begin;
  while (offset < tail.end()) {
    const std::string_view rest = tail.From(offset);
    const auto header = DecodeWalRecordHeader(rest, segment_id, offset);
    if (header && WalRecordIsValid(rest, segment_id, offset, *header)) {
      const std::string_view payload = rest.substr(kWalRecordHeaderBytes, header->length);
      VARVE_RETURN_IF_ERROR(visitor(segment_id, static_cast<WalRecordType>(header->type), payload));
      offset += kWalRecordHeaderBytes + header->length;
      continue;
    }
    const uint64_t next = NextRecord(tail, segment_id, offset + 1);
    const bool torn =
        next == tail.end() && offset >= synced_bytes && LooksTorn(rest, segment_id, offset);
    on_damage({.begin = offset, .end = next, .torn_tail = torn});
    offset = next;
  }
  // A file shorter than what was synced has lost bytes that are not there to be copied.
  if (tail.end() < synced_bytes) on_damage({.begin = tail.end(), .end = tail.end()});
  return absl::OkStatus();
}

// Visits the intact records that a segment begins with: mostly all of them. They are read in
// pieces, which stay in the cache and take no memory of a segment's size. Returns the offset behind
// them; 0 where the header of the segment is damaged.
absl::StatusOr<uint64_t> VisitIntact(const RandomAccessFile& file, uint64_t segment_id,
                                     WalVisitor visitor) {
  std::string piece;
  uint64_t piece_begin = 0;
  uint64_t offset = 0;
  // What the piece has from `offset` on once it has `count` bytes there, or all there are.
  const auto read = [&](uint64_t count) -> absl::StatusOr<std::string_view> {
    const uint64_t left = file.size() - offset;
    if (offset + std::min(count, left) > piece_begin + piece.size()) {
      VARVE_RETURN_IF_ERROR(
          file.Read(offset, std::min(left, std::max(count, kPieceBytes)), &piece));
      piece_begin = offset;
    }
    return std::string_view(piece).substr(offset - piece_begin);
  };
  VARVE_ASSIGN_OR_RETURN(std::string_view bytes, read(kWalSegmentHeaderBytes));
  const std::optional<WalSegmentHeader> segment_header = DecodeWalSegmentHeader(bytes);
  if (!segment_header || segment_header->segment_id != segment_id) return offset;
  offset = kWalSegmentHeaderBytes;
  while (true) {
    VARVE_ASSIGN_OR_RETURN(bytes, read(kWalRecordHeaderBytes));
    const auto header = DecodeWalRecordHeader(bytes, segment_id, offset);
    if (!header) return offset;
    VARVE_ASSIGN_OR_RETURN(bytes, read(kWalRecordHeaderBytes + uint64_t{header->length}));
    if (!WalRecordIsValid(bytes, segment_id, offset, *header)) return offset;
    VARVE_RETURN_IF_ERROR(visitor(segment_id, static_cast<WalRecordType>(header->type),
                                  bytes.substr(kWalRecordHeaderBytes, header->length)));
    offset += kWalRecordHeaderBytes + header->length;
  }
}

}  // namespace

absl::Status ScanWalSegment(std::string_view segment, uint64_t segment_id, uint64_t synced_bytes,
                            WalVisitor visitor, absl::FunctionRef<void(WalDamage)> on_damage) {
  const std::optional<WalSegmentHeader> segment_header = DecodeWalSegmentHeader(segment);
  const uint64_t offset = std::min<uint64_t>(kWalSegmentHeaderBytes, segment.size());
  if (!segment_header || segment_header->segment_id != segment_id) {
    const bool torn = segment.size() < kWalSegmentHeaderBytes || IsAllZero(segment);
    on_damage({.begin = 0, .end = offset, .torn_tail = torn && synced_bytes == 0});
    if (torn) return absl::OkStatus();
  }
  return ScanRecords({offset, segment.substr(offset)}, segment_id, synced_bytes, visitor,
                     on_damage);
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
  for (Segment& segment : segments) {
    ++stats.segments;
    stats.bytes += segment.file->size();
    stats.highest_segment_id = segment.id;
    bool torn_tail = false;
    std::string bytes;  // behind the intact records
    SegmentTail tail;
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
      const std::string_view damaged = tail.From(damage.begin).substr(0, damage.end - damage.begin);
      stats.quarantined_files +=
          CopyToQuarantine(files, quarantine_directory, segment.id, damage.begin, damaged) ? 1 : 0;
    };
    // Read, not mapped: a bad sector is an error here and would be a SIGBUS there.
    VARVE_ASSIGN_OR_RETURN(tail.begin, VisitIntact(*segment.file, segment.id, visit));
    VARVE_RETURN_IF_ERROR(
        segment.file->Read(tail.begin, segment.file->size() - tail.begin, &bytes));
    segment.file.reset();
    tail.bytes = bytes;
    VARVE_RETURN_IF_ERROR(
        tail.begin == 0 ? ScanWalSegment(bytes, segment.id, segment.synced_bytes, visit, on_damage)
                        : ScanRecords(tail, segment.id, segment.synced_bytes, visit, on_damage));
    stats.torn_tails += torn_tail ? 1 : 0;
    progress.read_segment = segment.id;
    if (on_progress) on_progress(progress);
  }
  return stats;
}

}  // namespace varve::storage
