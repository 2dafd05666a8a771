// ExportSession: what all exports do around the asking: write to a file or to standard output, tell
// how far they have come, keep that in a file beside the output, so that an interrupted one goes on
// from there, and say in the end how much was written.
//
// Threads:  one-thread.
// Owns:     the output and the file with its state. The context outlives it.
// Errors:   INVALID_ARGUMENT where standard output shall be resumed; UNAVAILABLE where the output
//           cannot be written; those of TransferState and OpenOutputFile.
#ifndef TOOLS_TRANSFER_EXPORT_SESSION_H_
#define TOOLS_TRANSFER_EXPORT_SESSION_H_

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/command_context.h"
#include "tools/progress_bar.h"
#include "tools/transfer/transfer_state.h"

namespace varve::tools {

class ExportSession {
 public:
  // `path`: "" for standard output. `identity`: what makes two exports the same one, on one line.
  // `done_at_begin`: `done` of one that has done nothing. `unit`: what is written, as a plural.
  static absl::StatusOr<std::unique_ptr<ExportSession>> Begin(const std::string& path,
                                                              std::string identity,
                                                              int64_t done_at_begin, bool resume,
                                                              std::string_view unit,
                                                              const CommandContext& context);

  // How far this and the sessions before it have come: `done` and `at` are the caller's to set, the
  // next Write keeps them.
  TransferState& state() { return state_; }
  bool is_new() const { return state_.bytes == 0; }

  // Writes a piece and keeps the state that comes with it; `count`: units written by now; `share`:
  // of the whole that is done, -1 where that is not known.
  absl::Status Write(std::string_view text, uint64_t count, double share);
  // Everything is written: forgets the state and prints a summary, with `remark` at its end.
  absl::Status End(uint64_t count, std::string_view remark = {});

 private:
  ExportSession(std::string path, std::string state_path, TransferState state,
                std::unique_ptr<std::ofstream> file, std::string_view unit,
                const CommandContext& context);

  bool to_file() const { return !path_.empty(); }

  const std::string path_;
  const std::string state_path_;
  const std::string unit_;
  const CommandContext& context_;
  TransferState state_;
  const std::unique_ptr<std::ofstream> file_;
  ProgressBar bar_;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_EXPORT_SESSION_H_
