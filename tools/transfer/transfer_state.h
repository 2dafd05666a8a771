// TransferState: how far a transfer has come, in a file beside it, so that one that was interrupted
// goes on where it was.
//
//   varve transfer 1
//   what <text that has to be the same again>
//   done <number>
//   bytes <number>
//   at <text>          where there is any
//
// Threads:  functions without state.
// Errors:   FAILED_PRECONDITION for the state of another transfer; those of the file system.
#ifndef TOOLS_TRANSFER_TRANSFER_STATE_H_
#define TOOLS_TRANSFER_TRANSFER_STATE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace varve::tools {

struct TransferState {
  std::string what;    // the transfer's own arguments, on one line
  int64_t done = 0;    // samples sent, or the time (ms) up to which was exported
  uint64_t bytes = 0;  // of the output that are complete
  std::string at;      // a server's own word for the place, on one line
};

// The state in `path`, for a transfer that is `what`; one that has done nothing where there is
// none.
absl::StatusOr<TransferState> LoadTransferState(const std::string& path, const std::string& what,
                                                int64_t done_at_begin);
// The old state, or all of the new one, whatever happens.
absl::Status SaveTransferState(const std::string& path, const TransferState& state);
absl::Status RemoveTransferState(const std::string& path);

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_TRANSFER_STATE_H_
