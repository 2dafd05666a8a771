// Any bytes as a deletion mask: parsing must not crash, and what is read comes back when written.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "storage/part/deletion_mask.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto mask = ParseDeletionMask(text);
  if (!mask.ok()) return 0;
  const std::string written = EncodeDeletionMask(*mask);
  if (written.find('\n') != std::string::npos) __builtin_trap();
  const auto again = ParseDeletionMask(written);
  if (!again.ok() || again->id != mask->id || !again->Covers(*mask) || !mask->Covers(*again)) {
    __builtin_trap();
  }
  return 0;
}
