// Any bytes as a remote-read request.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/remote_read/read_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const std::string_view encoding : {"identity", "snappy"}) {
    const auto request = varve::server::DecodeReadRequest(encoding, body);
    if (request.ok() && request->queries.size() > varve::server::kReadQueriesMax) __builtin_trap();
  }
  return 0;
}
