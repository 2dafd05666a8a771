// PartFileWriter streams the sections of a part into a new file, which gets its name only when it
// is whole and durable.
//
//   auto writer = PartFileWriter::Create(files, "parts/m-17.part", SignalKind::kMetrics);
//   writer->BeginSection(SectionId::kMetricData, SectionCheck::kPerBlock);
//   const uint64_t offset = *writer->AppendBlock(payload);
//   writer->AddSection(SectionId::kMetricDirectory, directory);
//   writer->Finish(metadata);
//
// Threads:  thread-compatible.
// Owns:     the temporary file, which it removes when it is destroyed before Finish succeeded. Only
//           a buffer of kPartWriteBufferBytes is kept in memory.
// Errors:   those of FileSystem; after one, every call fails with it. Finish: the part may or may
//           not have its name after an error, and must then be written anew under another one.
// Format:   storage/docs/part_format.md
#ifndef STORAGE_PART_PART_FILE_WRITER_H_
#define STORAGE_PART_PART_FILE_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/part/part_format.h"

namespace varve::storage {

// Large enough that writes are few, small against what a flush holds anyway.
inline constexpr size_t kPartWriteBufferBytes = 256 << 10;

class PartFileWriter {
 public:
  // Begins the file `path` + kPartTemporarySuffix, replacing a left-over one. ALREADY_EXISTS when
  // `path` itself exists: parts are immutable.
  static absl::StatusOr<std::unique_ptr<PartFileWriter>> Create(FileSystem* files, std::string path,
                                                                SignalKind kind);
  ~PartFileWriter();
  PartFileWriter(const PartFileWriter&) = delete;
  PartFileWriter& operator=(const PartFileWriter&) = delete;

  // Begins a section, which ends where the next one begins. Each id once; kMetadata is Finish's.
  absl::Status BeginSection(SectionId id, SectionCheck check);
  // Appends to a kWhole section.
  absl::Status Append(std::string_view bytes);
  // Appends to a kPerBlock section: the payload, then its checksum. Returns where the payload
  // begins, counted from the start of the section.
  absl::StatusOr<uint64_t> AppendBlock(std::string_view payload);
  // A whole section at once.
  absl::Status AddSection(SectionId id, std::string_view bytes);

  // Metadata, footer, sync, close, rename, directory sync. Returns the size of the file.
  absl::StatusOr<uint64_t> Finish(const PartMetadata& metadata);

  // Bytes written so far.
  uint64_t size() const { return offset_; }
  const std::vector<SectionInfo>& sections() const { return sections_; }

 private:
  PartFileWriter(FileSystem* files, std::string path, std::unique_ptr<WritableFile> file)
      : files_(files), path_(std::move(path)), file_(std::move(file)) {}

  absl::Status Write(std::string_view bytes);
  absl::Status FlushBuffer();
  void EndSection();
  std::string TemporaryPath() const;
  absl::Status Publish();

  FileSystem* files_;
  std::string path_;
  std::unique_ptr<WritableFile> file_;
  std::string header_;
  std::string buffer_;
  uint64_t offset_ = 0;
  std::vector<SectionInfo> sections_;  // the last one is open while in_section_
  bool in_section_ = false;
  bool finished_ = false;
  absl::Status status_;  // the first error
};

}  // namespace varve::storage

#endif  // STORAGE_PART_PART_FILE_WRITER_H_
