// OpenOutputFile: the file an export writes, from its beginning or behind what is complete of it.
//
// Threads:  a free function.
// Errors:   FAILED_PRECONDITION for a file shorter than what should be complete; UNAVAILABLE for
// one
//           that cannot be written.
#ifndef TOOLS_TRANSFER_OUTPUT_FILE_H_
#define TOOLS_TRANSFER_OUTPUT_FILE_H_

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace varve::tools {

// Keeps the first `bytes` of the file.
absl::StatusOr<std::unique_ptr<std::ofstream>> OpenOutputFile(const std::string& path,
                                                              uint64_t bytes);

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_OUTPUT_FILE_H_
