// Any bytes as a metadata file: what is read is written and read the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "storage/metric_metadata_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const varve::storage::MetadataFileContents contents = varve::storage::DecodeMetadataFile(bytes);
  const auto again =
      varve::storage::DecodeMetadataFile(varve::storage::EncodeMetadataFile(contents.families));
  if (again.damaged || again.families != contents.families) __builtin_trap();
  return 0;
}
