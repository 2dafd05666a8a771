// A record file: a small file of checksummed records behind a magic number, written whole again
// when it changes: METADATA and DELETES.
//
//   magic, then for each record: u32 crc32c of the payload, varint length, payload
//
// Threads:  functions without state.
// Errors:   VisitRecords answers false where the file is damaged; what lies in front of the damage
//           was visited. SetAside: those of FileSystem.
#ifndef STORAGE_RECORD_FILE_H_
#define STORAGE_RECORD_FILE_H_

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "storage/io/file_system.h"

namespace varve::storage {

void AppendRecord(std::string_view payload, std::string* out);

// Visits the payloads in order. A payload for which `visit` answers false is damage, too.
bool VisitRecords(std::string_view bytes, std::string_view magic,
                  absl::FunctionRef<bool(std::string_view payload)> visit);

// Moves the unreadable file `name` of `directory` into its quarantine, for a human.
absl::Status SetAside(FileSystem* files, const std::string& directory, std::string_view name);

}  // namespace varve::storage

#endif  // STORAGE_RECORD_FILE_H_
