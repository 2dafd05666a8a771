#include "storage/part/part_file.h"

#include <algorithm>
#include <utility>

#include "storage/encoding/byte_reader.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// One read of a file's end gets tail, footer and metadata.
constexpr size_t kEndReadBytes = kPartTailBytes + kPartFooterBytesMax + 512;

}  // namespace

absl::StatusOr<std::shared_ptr<PartFile>> PartFile::Open(FileSystem* files,
                                                         const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(auto file, files->NewRandomAccessFile(path));
  return Open(std::move(file), path);
}

absl::StatusOr<std::shared_ptr<PartFile>> PartFile::Open(std::unique_ptr<RandomAccessFile> file,
                                                         std::string name) {
  std::shared_ptr<PartFile> part(new PartFile(std::move(file), std::move(name)));
  VARVE_RETURN_IF_ERROR(part->ReadEnds());
  return part;
}

absl::Status PartFile::DamagedError(std::string_view what, uint64_t offset) const {
  return absl::DataLossError(
      StrCat("cannot read part ", name_, ": ", what, " at offset ", offset, " is damaged"));
}

absl::Status PartFile::ReadEnds() {
  const uint64_t file_bytes = file_->size();
  if (file_bytes < kPartHeaderBytes + kPartTailBytes) {
    return absl::DataLossError(StrCat("cannot open part ", name_, ": ", file_bytes,
                                      " bytes, want at least ", kPartHeaderBytes + kPartTailBytes));
  }
  std::string header;
  VARVE_RETURN_IF_ERROR(file_->Read(0, kPartHeaderBytes, &header));
  uint64_t magic = 0;
  uint32_t version = 0;
  uint8_t kind = 0;
  ByteReader header_reader(header);
  if (!header_reader.U64(&magic) || !header_reader.U32(&version) || !header_reader.U8(&kind) ||
      magic != kPartMagic) {
    return DamagedError("header", 0);
  }

  const size_t end_bytes = static_cast<size_t>(std::min<uint64_t>(file_bytes, kEndReadBytes));
  const uint64_t end_offset = file_bytes - end_bytes;
  const uint64_t tail_offset = file_bytes - kPartTailBytes;
  std::string end;
  VARVE_RETURN_IF_ERROR(file_->Read(end_offset, end_bytes, &end));
  uint64_t footer_offset = 0;
  uint32_t footer_bytes = 0;
  uint32_t crc = 0;
  ByteReader tail(std::string_view(end).substr(end_bytes - kPartTailBytes));
  if (!tail.U64(&footer_offset) || !tail.U32(&footer_bytes) || !tail.U32(&crc) ||
      !tail.U64(&magic) || magic != kPartTailMagic || footer_bytes > kPartFooterBytesMax ||
      footer_offset < kPartHeaderBytes || footer_offset > tail_offset ||
      footer_offset + footer_bytes != tail_offset || footer_offset < end_offset) {
    return DamagedError("tail", tail_offset);
  }
  const std::string_view footer =
      std::string_view(end).substr(footer_offset - end_offset, footer_bytes);
  const std::string_view checked = std::string_view(end).substr(
      footer_offset - end_offset, footer_bytes + kPartTailBytes - kPartTailUncheckedBytes);
  if (Crc32c(checked, Crc32c(header, 0)) != crc) return DamagedError("footer", footer_offset);
  // Only now, so that a flipped bit is reported as the damage it is.
  if (version != kPartFormatVersion) {
    return absl::FailedPreconditionError(StrCat("cannot open part ", name_, ": format version ",
                                                version, ", want ", kPartFormatVersion));
  }
  if (kind == 0 || kind > kSignalKinds) return DamagedError("header", 0);
  kind_ = static_cast<SignalKind>(kind);
  VARVE_RETURN_IF_ERROR(ParseFooter(footer, footer_offset));
  VARVE_ASSIGN_OR_RETURN(const std::string_view metadata, Section(SectionId::kMetadata));
  VARVE_ASSIGN_OR_RETURN(metadata_, DecodePartMetadata(metadata));
  return absl::OkStatus();
}

absl::Status PartFile::ParseFooter(std::string_view footer, uint64_t footer_offset) {
  ByteReader reader(footer);
  uint32_t count = 0;
  if (!reader.U32(&count) || count > kPartSectionsMax ||
      footer.size() != 4 + count * kPartSectionEntryBytes) {
    return DamagedError("footer", footer_offset);
  }
  uint64_t expected_offset = kPartHeaderBytes;
  for (uint32_t i = 0; i < count; ++i) {
    uint16_t id = 0;
    uint16_t check = 0;
    SectionInfo section;
    if (!reader.U16(&id) || !reader.U16(&check) || !reader.U32(&section.crc) ||
        !reader.U64(&section.offset) || !reader.U64(&section.length) ||
        section.offset != expected_offset || section.length > footer_offset - expected_offset ||
        (check != static_cast<uint16_t>(SectionCheck::kWhole) &&
         check != static_cast<uint16_t>(SectionCheck::kPerBlock))) {
      return DamagedError("footer", footer_offset);
    }
    section.id = static_cast<SectionId>(id);
    section.check = static_cast<SectionCheck>(check);
    if (FindSection(section.id) != nullptr) return DamagedError("footer", footer_offset);
    expected_offset += section.length;
    sections_.push_back(section);
  }
  if (expected_offset != footer_offset) return DamagedError("footer", footer_offset);
  MutexLock lock(&mutex_);
  loaded_.resize(sections_.size());
  return absl::OkStatus();
}

const SectionInfo* PartFile::FindSection(SectionId id) const {
  for (const SectionInfo& section : sections_) {
    if (section.id == id) return &section;
  }
  return nullptr;
}

absl::StatusOr<std::string_view> PartFile::Section(SectionId id) const {
  const SectionInfo* section = FindSection(id);
  if (section == nullptr || section->check != SectionCheck::kWhole) {
    return absl::NotFoundError(
        StrCat("cannot read part ", name_, ": no section ", SectionName(id)));
  }
  const std::string_view mapped = file_->mapped();
  MutexLock lock(&mutex_);
  LoadedSection& loaded = loaded_[static_cast<size_t>(section - sections_.data())];
  const auto view = [&]() -> std::string_view {
    return mapped.empty() ? std::string_view(loaded.bytes)
                          : mapped.substr(section->offset, section->length);
  };
  if (loaded.state == SectionState::kUnread) {
    if (mapped.empty()) {
      VARVE_RETURN_IF_ERROR(file_->Read(section->offset, section->length, &loaded.bytes));
    } else if (mapped.size() < section->offset + section->length) {
      return DamagedError(SectionName(id), section->offset);
    }
    const bool intact = PartCrc(view(), section->offset) == section->crc;
    loaded.state = intact ? SectionState::kVerified : SectionState::kDamaged;
  }
  if (loaded.state == SectionState::kDamaged) {
    return DamagedError(StrCat("section ", SectionName(id)), section->offset);
  }
  return view();
}

absl::Status PartFile::ReadRange(SectionId id, uint64_t offset, size_t length, std::string* scratch,
                                 std::string_view* out) const {
  const SectionInfo* section = FindSection(id);
  if (section == nullptr) {
    return absl::NotFoundError(
        StrCat("cannot read part ", name_, ": no section ", SectionName(id)));
  }
  if (offset > section->length || length > section->length - offset) {
    return absl::DataLossError(StrCat("cannot read part ", name_, ": bytes ", offset, " to ",
                                      offset + length, " of section ", SectionName(id),
                                      ", want at most ", section->length));
  }
  VARVE_RETURN_IF_ERROR(file_->Read(section->offset + offset, length, scratch));
  *out = *scratch;
  return absl::OkStatus();
}

absl::Status PartFile::ReadBlock(SectionId id, uint64_t offset, size_t length, std::string* scratch,
                                 std::string_view* out) const {
  if (length > SIZE_MAX - kPartBlockCrcBytes) return DamagedError("a block length", offset);
  std::string_view block;
  VARVE_RETURN_IF_ERROR(ReadRange(id, offset, length + kPartBlockCrcBytes, scratch, &block));
  const std::string_view payload = block.substr(0, length);
  const uint64_t file_offset = FindSection(id)->offset + offset;
  uint32_t crc = 0;
  ByteReader reader(block.substr(length));
  if (!reader.U32(&crc) || crc != PartCrc(payload, file_offset)) {
    return DamagedError(StrCat("a block of section ", SectionName(id)), file_offset);
  }
  *out = payload;
  return absl::OkStatus();
}

absl::Status PartFile::VerifySections() const {
  for (const SectionInfo& section : sections_) {
    if (section.check != SectionCheck::kWhole) continue;
    VARVE_RETURN_IF_ERROR(Section(section.id).status());
  }
  return absl::OkStatus();
}

}  // namespace varve::storage
