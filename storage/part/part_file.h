// PartFile reads the container of a part: its metadata and its sections, each verified before its
// bytes are handed out.
//
// Threads:  thread-safe.
// Owns:     the open file, and the sections read where the file system cannot map. Views of
//           sections are valid while the PartFile lives.
// Errors:   DATA_LOSS for damage, naming file and offset: Open fails when the ends of the file are
//           damaged, everything else costs only the section or block. FAILED_PRECONDITION for a
//           format version of the future, NOT_FOUND for a section the part does not have.
// Format:   storage/docs/part_format.md
#ifndef STORAGE_PART_PART_FILE_H_
#define STORAGE_PART_PART_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/model/mutex.h"
#include "storage/part/part_format.h"

namespace varve::storage {

class PartFile {
 public:
  // Reads the two ends of the file; its cost does not depend on the part's size.
  static absl::StatusOr<std::shared_ptr<PartFile>> Open(FileSystem* files, const std::string& path);
  // The same of an open file; `name` is what errors call it.
  static absl::StatusOr<std::shared_ptr<PartFile>> Open(std::unique_ptr<RandomAccessFile> file,
                                                        std::string name);

  SignalKind kind() const { return kind_; }
  const PartMetadata& metadata() const { return metadata_; }
  const std::vector<SectionInfo>& sections() const { return sections_; }
  const std::string& name() const { return name_; }
  uint64_t size() const { return file_->size(); }

  // Where a section lies; nullptr when the part has none.
  const SectionInfo* FindSection(SectionId id) const;
  // The bytes of a kWhole section: mapped, or read and kept. Verified by the first call.
  absl::StatusOr<std::string_view> Section(SectionId id) const;

  // `length` bytes of section `id` from `offset` on (counted from the section's start), unverified.
  // They lie in *scratch. Data is read, not mapped: a failing disk is then an error and no signal.
  absl::Status ReadRange(SectionId id, uint64_t offset, size_t length, std::string* scratch,
                         std::string_view* out) const;
  // The payload of a block written by AppendBlock, verified. `length` is the payload's.
  absl::Status ReadBlock(SectionId id, uint64_t offset, size_t length, std::string* scratch,
                         std::string_view* out) const;

  // Verifies all kWhole sections. Blocks are verified by who knows where they are.
  absl::Status VerifySections() const;

 private:
  enum class SectionState : uint8_t { kUnread, kVerified, kDamaged };
  struct LoadedSection {
    SectionState state = SectionState::kUnread;
    std::string bytes;  // empty where the file is mapped
  };

  PartFile(std::unique_ptr<RandomAccessFile> file, std::string name)
      : file_(std::move(file)), name_(std::move(name)) {}

  absl::Status ReadEnds();
  absl::Status ParseFooter(std::string_view footer, uint64_t footer_offset);
  absl::Status DamagedError(std::string_view what, uint64_t offset) const;

  std::unique_ptr<RandomAccessFile> file_;
  std::string name_;
  SignalKind kind_ = SignalKind::kMetrics;
  PartMetadata metadata_;
  std::vector<SectionInfo> sections_;

  mutable Mutex mutex_;
  mutable std::vector<LoadedSection> loaded_ ABSL_GUARDED_BY(mutex_);  // as sections_
};

}  // namespace varve::storage

#endif  // STORAGE_PART_PART_FILE_H_
