#include "storage/record_file.h"

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/io/crc32c.h"
#include "storage/io/file_names.h"
#include "storage/status_macros.h"

namespace varve::storage {

void AppendRecord(std::string_view payload, std::string* out) {
  ByteWriter record(out);
  record.U32(Crc32c(payload));
  record.SizedBytes(payload);
}

bool VisitRecords(std::string_view bytes, std::string_view magic,
                  absl::FunctionRef<bool(std::string_view payload)> visit) {
  if (!bytes.starts_with(magic)) return false;
  ByteReader reader(bytes.substr(magic.size()));
  while (reader.remaining() > 0) {
    uint32_t checksum = 0;
    std::string_view payload;
    if (!reader.U32(&checksum) || !reader.SizedBytes(&payload) || Crc32c(payload) != checksum ||
        !visit(payload)) {
      return false;
    }
  }
  return true;
}

absl::Status SetAside(FileSystem* files, const std::string& directory, std::string_view name) {
  const std::string quarantine = JoinPath(directory, kQuarantineDirectoryName);
  VARVE_RETURN_IF_ERROR(files->CreateDirectory(quarantine));
  VARVE_RETURN_IF_ERROR(files->RenameFile(JoinPath(directory, name), JoinPath(quarantine, name)));
  return files->SyncDirectory(quarantine);
}

}  // namespace varve::storage
