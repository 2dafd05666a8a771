// ImportSession: what all imports do around the reading and the sending: tell how far they have
// come, keep that in a file beside the input, so that an interrupted one goes on from there, and
// say in the end what became of it.
//
// Threads:  one-thread.
// Owns:     the file with its state. The context outlives it.
// Errors:   INVALID_ARGUMENT where standard input shall be resumed; those of TransferState.
#ifndef TOOLS_TRANSFER_IMPORT_SESSION_H_
#define TOOLS_TRANSFER_IMPORT_SESSION_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/command_context.h"
#include "tools/progress_bar.h"
#include "tools/transfer/batch_sender.h"
#include "tools/transfer/transfer_state.h"

namespace varve::tools {

// The path that means standard input.
inline constexpr std::string_view kStandardInput = "-";

class ImportSession {
 public:
  // `identity`: what makes two imports the same one, on one line. `unit`: what is sent, as a
  // plural.
  static absl::StatusOr<std::unique_ptr<ImportSession>> Begin(const std::string& path,
                                                              std::string identity, bool resume,
                                                              std::string_view unit,
                                                              const CommandContext& context);

  // How many were sent before, which this one leaves out.
  uint64_t skipped() const { return skipped_; }
  // After each batch: how many were sent by this one; the share of the input that was read, -1
  // where that is not known.
  absl::Status Sent(uint64_t count, double share);
  // `status`: what ended the reading or the sending. Returns what the command returns.
  absl::Status End(const absl::Status& status, uint64_t count, const BatchSender& sender);

 private:
  ImportSession(std::string path, std::string state_path, TransferState state,
                std::string_view unit, const CommandContext& context);

  bool from_file() const { return path_ != kStandardInput; }

  const std::string path_;
  const std::string state_path_;
  const std::string unit_;
  const CommandContext& context_;
  TransferState state_;
  const uint64_t skipped_;
  ProgressBar bar_;
  std::chrono::steady_clock::time_point saved_;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_IMPORT_SESSION_H_
