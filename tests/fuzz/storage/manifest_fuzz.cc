// Any bytes as a manifest: parsing must not crash, and what is read must be writable again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "storage/part/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto contents = varve::storage::ParseManifest(bytes);
  if (!contents.ok()) return 0;
  for (const std::string& name : contents->parts) {
    if (name.empty() || name.find_first_of(" \n") != std::string::npos) __builtin_trap();
  }
  // What was read can be written, and says the same then.
  const auto again = varve::storage::ParseManifest(varve::storage::EncodeManifest(*contents));
  if (!again.ok() || again->damaged || again->parts != contents->parts ||
      again->masks.size() != contents->masks.size()) {
    __builtin_trap();
  }
  return 0;
}
