#include "tools/transfer/export_session.h"

#include <ostream>
#include <utility>

#include "storage/status_macros.h"
#include "tools/transfer/output_file.h"

namespace varve::tools {
namespace {

constexpr std::string_view kStateSuffix = ".varve-export";

}  // namespace

absl::StatusOr<std::unique_ptr<ExportSession>> ExportSession::Begin(
    const std::string& path, std::string identity, int64_t done_at_begin, bool resume,
    std::string_view unit, const CommandContext& context) {
  if (resume && path.empty()) {
    return absl::InvalidArgumentError("cannot resume standard output, want --file");
  }
  std::string state_path = path + std::string(kStateSuffix);
  TransferState state{std::move(identity), done_at_begin, 0, {}};
  if (resume) {
    VARVE_ASSIGN_OR_RETURN(state, LoadTransferState(state_path, state.what, done_at_begin));
  }
  std::unique_ptr<std::ofstream> file;
  if (!path.empty()) {
    VARVE_ASSIGN_OR_RETURN(file, OpenOutputFile(path, state.bytes));
  }
  return std::unique_ptr<ExportSession>(new ExportSession(
      path, std::move(state_path), std::move(state), std::move(file), unit, context));
}

ExportSession::ExportSession(std::string path, std::string state_path, TransferState state,
                             std::unique_ptr<std::ofstream> file, std::string_view unit,
                             const CommandContext& context)
    : path_(std::move(path)),
      state_path_(std::move(state_path)),
      unit_(unit),
      context_(context),
      state_(std::move(state)),
      file_(std::move(file)),
      bar_(unit_, context.err_is_terminal && to_file(), context.columns, context.err) {}

absl::Status ExportSession::Write(std::string_view text, uint64_t count, double share) {
  std::ostream* const out = to_file() ? file_.get() : context_.out;
  *out << text << std::flush;
  if (!*out) return absl::UnavailableError("cannot write the output");
  state_.bytes += text.size();
  bar_.Update(count, share);
  return to_file() ? SaveTransferState(state_path_, state_) : absl::OkStatus();
}

absl::Status ExportSession::End(uint64_t count, std::string_view remark) {
  bar_.Clear();
  if (to_file()) VARVE_RETURN_IF_ERROR(RemoveTransferState(state_path_));
  *context_.err << "varve: wrote " << GroupedNumber(count) << ' ' << unit_ << " in "
                << static_cast<int64_t>(bar_.seconds() * 1000) << " ms" << remark << '\n';
  return absl::OkStatus();
}

}  // namespace varve::tools
