// VerifyLogPart reads every byte of a log part and checks that all of it agrees; InspectLogPart
// tells what is in it. Both serve the command line.
//
// Threads:  free functions.
// Owns:     nothing.
// Errors:   DATA_LOSS naming block and offset for the first thing that is wrong.
#ifndef STORAGE_LOGS_LOG_PART_VERIFY_H_
#define STORAGE_LOGS_LOG_PART_VERIFY_H_

#include <string>

#include "absl/status/status.h"
#include "storage/logs/log_part.h"

namespace varve::storage {

// Sections, index, directory, every block with all its columns, and that filters have every token.
absl::Status VerifyLogPart(const LogPart& part);

// Sizes and counts as lines of text.
std::string InspectLogPart(const LogPart& part);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_PART_VERIFY_H_
