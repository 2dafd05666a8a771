#include "tools/transfer/import_session.h"

#include <ostream>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/terminal_text.h"

namespace varve::tools {
namespace {

using storage::StrCat;

constexpr std::string_view kStateSuffix = ".varve-import";
constexpr std::chrono::seconds kStatePeriod{1};

}  // namespace

absl::StatusOr<std::unique_ptr<ImportSession>> ImportSession::Begin(const std::string& path,
                                                                    std::string identity,
                                                                    bool resume,
                                                                    std::string_view unit,
                                                                    const CommandContext& context) {
  if (resume && path == kStandardInput) {
    return absl::InvalidArgumentError("cannot resume standard input, want a file");
  }
  const std::string state_path = StrCat(path, kStateSuffix);
  TransferState state{std::move(identity), 0, 0, {}};
  if (resume) {
    VARVE_ASSIGN_OR_RETURN(state, LoadTransferState(state_path, state.what, 0));
  }
  return std::unique_ptr<ImportSession>(
      new ImportSession(path, state_path, std::move(state), unit, context));
}

ImportSession::ImportSession(std::string path, std::string state_path, TransferState state,
                             std::string_view unit, const CommandContext& context)
    : path_(std::move(path)),
      state_path_(std::move(state_path)),
      unit_(unit),
      context_(context),
      state_(std::move(state)),
      skipped_(static_cast<uint64_t>(state_.done)),
      bar_(unit, context.err_is_terminal, context.columns, context.err),
      saved_(std::chrono::steady_clock::now()) {}

absl::Status ImportSession::Sent(uint64_t count, double share) {
  bar_.Update(count, share);
  state_.done = static_cast<int64_t>(skipped_ + count);
  const auto now = std::chrono::steady_clock::now();
  if (!from_file() || now - saved_ < kStatePeriod) return absl::OkStatus();
  saved_ = now;
  return SaveTransferState(state_path_, state_);
}

absl::Status ImportSession::End(const absl::Status& status, uint64_t count,
                                const BatchSender& sender) {
  bar_.Clear();
  *context_.err << "varve: sent " << GroupedNumber(count) << ' ' << unit_ << " in "
                << static_cast<int64_t>(bar_.seconds() * 1000) << " ms";
  if (skipped_ > 0) *context_.err << ", behind " << GroupedNumber(skipped_) << " sent before";
  *context_.err << '\n';
  if (!status.ok()) {
    if (from_file() && state_.done > 0) {
      VARVE_RETURN_IF_ERROR(SaveTransferState(state_path_, state_));
      *context_.err << "varve: the same command with --resume goes on from here\n";
    }
    // What is wrong in a file is no wrong command line.
    if (!absl::IsInvalidArgument(status)) return status;
    return absl::DataLossError(status.message());
  }
  if (from_file()) VARVE_RETURN_IF_ERROR(RemoveTransferState(state_path_));
  if (sender.rejected_batches() == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      StrCat("cannot import all of ", path_, ": ", unit_, " of ", sender.rejected_batches(),
             sender.rejected_batches() == 1 ? " batch" : " batches",
             " were refused, the first: ", sender.first_rejection()));
}

}  // namespace varve::tools
