#include "tools/transfer/transfer_state.h"

#include <charconv>
#include <string_view>

#include "storage/io/file_system.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::tools {
namespace {

using storage::StrCat;

constexpr std::string_view kFirstLine = "varve transfer 1";

// The rest of the next line, where it begins with `key` and a blank.
bool TakeLine(std::string_view key, std::string_view* text, std::string_view* value) {
  const size_t end = text->find('\n');
  if (end == std::string_view::npos) return false;
  std::string_view line = text->substr(0, end);
  text->remove_prefix(end + 1);
  if (!line.starts_with(key)) return false;
  line.remove_prefix(key.size());
  if (!line.empty() && line[0] != ' ') return false;
  *value = line.substr(line.empty() ? 0 : 1);
  return true;
}

template <typename Number>
bool ParseNumber(std::string_view text, Number* number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

}  // namespace

absl::StatusOr<TransferState> LoadTransferState(const std::string& path, const std::string& what,
                                                int64_t done_at_begin) {
  storage::FileSystem* const files = storage::FileSystem::Posix();
  VARVE_ASSIGN_OR_RETURN(const bool exists, files->FileExists(path));
  if (!exists) return TransferState{what, done_at_begin, 0, {}};
  VARVE_ASSIGN_OR_RETURN(const std::string content, files->ReadFile(path));
  std::string_view text = content;
  std::string_view first, stored, done, bytes, at;
  TransferState state;
  if (!TakeLine(kFirstLine, &text, &first) || !TakeLine("what", &text, &stored) ||
      !TakeLine("done", &text, &done) || !TakeLine("bytes", &text, &bytes) ||
      !ParseNumber(done, &state.done) || !ParseNumber(bytes, &state.bytes)) {
    return absl::FailedPreconditionError(
        StrCat("cannot go on with ", path, ": no state of a transfer, want one or no file"));
  }
  if (stored != what) {
    return absl::FailedPreconditionError(StrCat("cannot go on with ", path, ": it is of `", stored,
                                                "`, want `", what, "`; remove it to begin again"));
  }
  if (TakeLine("at", &text, &at)) state.at = at;
  state.what = what;
  return state;
}

absl::Status SaveTransferState(const std::string& path, const TransferState& state) {
  return storage::WriteFileAtomically(
      storage::FileSystem::Posix(), path,
      StrCat(kFirstLine, "\nwhat ", state.what, "\ndone ", state.done, "\nbytes ", state.bytes,
             "\n", state.at.empty() ? "" : "at ", state.at, state.at.empty() ? "" : "\n"));
}

absl::Status RemoveTransferState(const std::string& path) {
  storage::FileSystem* const files = storage::FileSystem::Posix();
  VARVE_ASSIGN_OR_RETURN(const bool exists, files->FileExists(path));
  return exists ? files->RemoveFile(path) : absl::OkStatus();
}

}  // namespace varve::tools
