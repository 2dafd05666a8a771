// Any bytes as a part file, whole or with a valid checksum over a footer made from them.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "storage/part/part_file.h"

namespace varve::storage {
namespace {

class MemoryFile : public RandomAccessFile {
 public:
  explicit MemoryFile(std::string content) : content_(std::move(content)) {}
  absl::Status Read(uint64_t offset, size_t length, std::string* out) const override {
    if (offset > content_.size() || length > content_.size() - offset) {
      return absl::OutOfRangeError("beyond the end");
    }
    out->assign(content_, offset, length);
    return absl::OkStatus();
  }
  uint64_t size() const override { return content_.size(); }

 private:
  std::string content_;
};

void ReadPart(std::string content) {
  const auto part = PartFile::Open(std::make_unique<MemoryFile>(std::move(content)), "fuzzed");
  if (!part.ok()) return;
  (*part)->VerifySections().IgnoreError();
  for (const SectionInfo& section : (*part)->sections()) {
    std::string scratch;
    std::string_view out;
    (*part)->ReadRange(section.id, 0, section.length, &scratch, &out).IgnoreError();
    (*part)->ReadBlock(section.id, 0, section.length, &scratch, &out).IgnoreError();
  }
}

// Sets the checksum of the footer right, so that what lies behind it is reached.
void Repair(std::string* content) {
  if (content->size() < kPartHeaderBytes + kPartTailBytes) return;
  const size_t tail = content->size() - kPartTailBytes;
  uint64_t footer_offset = 0;
  std::memcpy(&footer_offset, content->data() + tail, sizeof(footer_offset));
  if (footer_offset > tail) return;
  std::memcpy(content->data(), &kPartMagic, sizeof(kPartMagic));
  const uint32_t footer_bytes = static_cast<uint32_t>(tail - footer_offset);
  std::memcpy(content->data() + tail + 8, &footer_bytes, sizeof(footer_bytes));
  const std::string_view bytes = *content;
  const uint32_t crc = Crc32c(bytes.substr(footer_offset, tail + 12 - footer_offset),
                              Crc32c(bytes.substr(0, kPartHeaderBytes)));
  std::memcpy(content->data() + tail + 12, &crc, sizeof(crc));
  std::memcpy(content->data() + tail + 16, &kPartTailMagic, sizeof(kPartTailMagic));
}

}  // namespace
}  // namespace varve::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string content(reinterpret_cast<const char*>(data), size);
  varve::storage::ReadPart(content);
  varve::storage::Repair(&content);
  varve::storage::ReadPart(std::move(content));
  return 0;
}
