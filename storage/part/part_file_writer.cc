#include "storage/part/part_file_writer.h"

#include <algorithm>
#include <utility>

#include "storage/encoding/byte_writer.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string EncodeHeader(SignalKind kind) {
  std::string header;
  ByteWriter writer(&header);
  writer.U64(kPartMagic);
  writer.U32(kPartFormatVersion);
  writer.U8(static_cast<uint8_t>(kind));
  writer.Bytes(std::string_view("\0\0\0", 3));
  return header;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PartFileWriter>> PartFileWriter::Create(FileSystem* files,
                                                                       std::string path,
                                                                       SignalKind kind) {
  VARVE_ASSIGN_OR_RETURN(const bool exists, files->FileExists(path));
  if (exists) {
    return absl::AlreadyExistsError(StrCat("cannot create part ", path, ": it exists"));
  }
  const std::string temporary = StrCat(path, kPartTemporarySuffix);
  VARVE_ASSIGN_OR_RETURN(const bool left_over, files->FileExists(temporary));
  if (left_over) VARVE_RETURN_IF_ERROR(files->RemoveFile(temporary));
  VARVE_ASSIGN_OR_RETURN(auto file, files->NewWritableFile(temporary));
  std::unique_ptr<PartFileWriter> writer(
      new PartFileWriter(files, std::move(path), std::move(file)));
  writer->header_ = EncodeHeader(kind);
  VARVE_RETURN_IF_ERROR(writer->Write(writer->header_));
  return writer;
}

PartFileWriter::~PartFileWriter() {
  if (finished_) return;
  if (file_ != nullptr) file_->Close().IgnoreError();
  // Where this fails, recovery removes the file by its suffix.
  files_->RemoveFile(TemporaryPath()).IgnoreError();
}

std::string PartFileWriter::TemporaryPath() const { return StrCat(path_, kPartTemporarySuffix); }

absl::Status PartFileWriter::BeginSection(SectionId id, SectionCheck check) {
  if (!status_.ok()) return status_;
  EndSection();
  const bool taken = std::any_of(sections_.begin(), sections_.end(),
                                 [&](const SectionInfo& section) { return section.id == id; });
  if (taken || sections_.size() + 1 > kPartSectionsMax) {
    return absl::InternalError(StrCat("cannot begin section ", SectionName(id), " of ", path_, ": ",
                                      sections_.size(), " sections, want a new one of at most ",
                                      kPartSectionsMax));
  }
  sections_.push_back({id, check, 0, offset_, 0});
  if (check == SectionCheck::kWhole) sections_.back().crc = PartCrc({}, offset_);
  in_section_ = true;
  return absl::OkStatus();
}

void PartFileWriter::EndSection() {
  if (!in_section_) return;
  sections_.back().length = offset_ - sections_.back().offset;
  in_section_ = false;
}

absl::Status PartFileWriter::Append(std::string_view bytes) {
  if (!in_section_ || sections_.back().check != SectionCheck::kWhole) {
    return absl::InternalError(
        StrCat("cannot append to ", path_, ": no section checked as a whole"));
  }
  sections_.back().crc = Crc32c(bytes, sections_.back().crc);
  return Write(bytes);
}

absl::StatusOr<uint64_t> PartFileWriter::AppendBlock(std::string_view payload) {
  if (!in_section_ || sections_.back().check != SectionCheck::kPerBlock) {
    return absl::InternalError(StrCat("cannot append to ", path_, ": no section checked by block"));
  }
  const uint64_t offset = offset_ - sections_.back().offset;
  std::string crc;
  ByteWriter(&crc).U32(PartCrc(payload, offset_));
  VARVE_RETURN_IF_ERROR(Write(payload));
  VARVE_RETURN_IF_ERROR(Write(crc));
  return offset;
}

absl::Status PartFileWriter::AddSection(SectionId id, std::string_view bytes) {
  VARVE_RETURN_IF_ERROR(BeginSection(id, SectionCheck::kWhole));
  return Append(bytes);
}

absl::Status PartFileWriter::Write(std::string_view bytes) {
  if (!status_.ok()) return status_;
  offset_ += bytes.size();
  buffer_.append(bytes);
  return buffer_.size() < kPartWriteBufferBytes ? absl::OkStatus() : FlushBuffer();
}

absl::Status PartFileWriter::FlushBuffer() {
  if (status_.ok() && !buffer_.empty()) status_ = file_->Append(buffer_);
  buffer_.clear();
  return status_;
}

absl::StatusOr<uint64_t> PartFileWriter::Finish(const PartMetadata& metadata) {
  // Last before the footer, so that one read of the file's end gets both.
  VARVE_RETURN_IF_ERROR(AddSection(SectionId::kMetadata, EncodePartMetadata(metadata)));
  EndSection();

  const uint64_t footer_offset = offset_;
  std::string footer;
  ByteWriter writer(&footer);
  writer.U32(static_cast<uint32_t>(sections_.size()));
  for (const SectionInfo& section : sections_) {
    writer.U16(static_cast<uint16_t>(section.id));
    writer.U16(static_cast<uint16_t>(section.check));
    writer.U32(section.crc);
    writer.U64(section.offset);
    writer.U64(section.length);
  }
  const size_t footer_bytes = footer.size();
  writer.U64(footer_offset);
  writer.U32(static_cast<uint32_t>(footer_bytes));
  writer.U32(Crc32c(footer, Crc32c(header_, 0)));
  writer.U64(kPartTailMagic);
  VARVE_RETURN_IF_ERROR(Write(footer));
  VARVE_RETURN_IF_ERROR(FlushBuffer());
  status_ = Publish();
  if (!status_.ok()) return status_;
  finished_ = true;
  return offset_;
}

absl::Status PartFileWriter::Publish() {
  VARVE_RETURN_IF_ERROR(file_->Sync());
  VARVE_RETURN_IF_ERROR(file_->Close());
  file_.reset();
  VARVE_RETURN_IF_ERROR(files_->RenameFile(TemporaryPath(), path_));
  return files_->SyncDirectory(DirectoryOf(path_));
}

}  // namespace varve::storage
