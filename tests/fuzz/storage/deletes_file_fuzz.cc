// Any bytes as a file of delete requests: what is read is written and read the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "storage/delete_request_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const varve::storage::DeletesFileContents contents = varve::storage::DecodeDeletesFile(bytes);
  const auto again =
      varve::storage::DecodeDeletesFile(varve::storage::EncodeDeletesFile(contents.requests));
  if (again.damaged || again.requests != contents.requests) __builtin_trap();
  return 0;
}
