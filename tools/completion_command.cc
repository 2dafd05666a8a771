#include "tools/completion_command.h"

#include <string_view>

#include "storage/model/text.h"

namespace varve::tools {
namespace {

// tools/packaging/bash_completion/varve, put here by the build.
constexpr std::string_view kBashCompletion =
#include "bash_completion.inc"
    ;

}  // namespace

absl::Status RunCompletion(const std::string& shell, const CommandContext& context) {
  if (shell != "bash") {
    return absl::InvalidArgumentError(
        storage::StrCat("cannot complete for shell ", storage::Quote(shell), ", want bash"));
  }
  *context.out << kBashCompletion;
  return absl::OkStatus();
}

}  // namespace varve::tools
