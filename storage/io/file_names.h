// The names of everything below a data directory, in one place:
//
//   lock                                   held by the process that has the directory open
//   MANIFEST                               the list of live parts
//   METADATA                               types and help texts of metric families
//   DELETES                                requests to delete log entries
//   wal/00000001.wal                       write-ahead log segments, ascending
//   parts/<signal>-<20 digits>.part        immutable parts; signals are those of kPartSignals
//   quarantine/                            what could not be read, kept for a human
//   <any name>.tmp                         being written; worthless after a restart
//
// Threads:  pure functions.
#ifndef STORAGE_IO_FILE_NAMES_H_
#define STORAGE_IO_FILE_NAMES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve::storage {

inline constexpr std::string_view kLockFileName = "lock";
inline constexpr std::string_view kManifestFileName = "MANIFEST";
inline constexpr std::string_view kMetadataFileName = "METADATA";
inline constexpr std::string_view kDeletesFileName = "DELETES";
inline constexpr std::string_view kWalDirectoryName = "wal";
inline constexpr std::string_view kPartsDirectoryName = "parts";
inline constexpr std::string_view kQuarantineDirectoryName = "quarantine";
inline constexpr std::string_view kTemporarySuffix = ".tmp";

// `directory`/`name`.
std::string JoinPath(std::string_view directory, std::string_view name);
// The directory part of a path ("." where it has none) and the name behind it.
std::string DirectoryOf(std::string_view path);
std::string_view NameOf(std::string_view path);

// "00000001.wal"; ids of more than eight digits are written in full.
std::string WalSegmentFileName(uint64_t segment_id);
// The id in such a name; nothing for any other name.
std::optional<uint64_t> ParseWalSegmentFileName(std::string_view name);
// "wal-00000001-at-48.bytes": damaged bytes copied out of a segment.
std::string QuarantinedWalFileName(uint64_t segment_id, uint64_t offset);

// The signal kinds of parts (part_format.h) as words, the first one's number being 1.
inline constexpr std::string_view kPartSignals[] = {"metrics", "logs", "histograms", "starts",
                                                    "exemplars"};

// "metrics-00000000000000000001.part"; `signal` is one of kPartSignals.
std::string PartFileName(std::string_view signal, uint64_t part_id);
struct PartFileNameFields {
  std::string_view signal;  // points into the name that was parsed
  uint64_t part_id = 0;
};
std::optional<PartFileNameFields> ParsePartFileName(std::string_view name);

std::string TemporaryName(std::string_view path);
bool IsTemporaryName(std::string_view name);

}  // namespace varve::storage

#endif  // STORAGE_IO_FILE_NAMES_H_
