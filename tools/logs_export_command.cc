#include "tools/logs_export_command.h"

#include <simdjson.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string_view>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/progress_bar.h"
#include "tools/terminal_text.h"
#include "tools/transfer/output_file.h"
#include "tools/transfer/transfer_state.h"

namespace varve::tools {
namespace {

using storage::StrCat;

constexpr std::string_view kSinceDefault = "1h";
constexpr std::string_view kStateSuffix = ".varve-export";
constexpr std::string_view kNextBegin = "{\"next\":";

// Takes `{"next":"..."}` off the end of a page; empty where it was the last one.
absl::StatusOr<std::string> TakeNext(std::string* page) {
  if (page->empty()) return std::string();
  if (page->back() != '\n') {
    return absl::InternalError("cannot read the server's answer: its last line has no end");
  }
  const size_t before = page->size() < 2 ? std::string::npos : page->rfind('\n', page->size() - 2);
  const size_t begin = before == std::string::npos ? 0 : before + 1;
  const std::string_view last = std::string_view(*page).substr(begin);
  if (!last.starts_with(kNextBegin)) return std::string();
  simdjson::dom::parser parser;
  const simdjson::padded_string text(last);
  std::string_view next;
  if (parser.parse(text)["next"].get(next) != simdjson::SUCCESS) {
    return absl::InternalError("cannot read the server's answer: its last line is malformed");
  }
  std::string result(next);
  page->resize(begin);
  return result;
}

}  // namespace

absl::Status RunLogsExport(const LogsExportOptions& options, const CommandContext& context) {
  if (options.resume && options.file.empty()) {
    return absl::InvalidArgumentError("cannot resume standard output, want --file");
  }
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span,
                         ResolveTimeSpan(options.span, kSinceDefault, context.now_ns));
  const std::string state_path = options.file + std::string(kStateSuffix);
  // A range that ends now ends elsewhere when it is resumed: only what was said must be the same.
  TransferState state{
      StrCat("logs export ", EscapeControls(options.selector), " --since ", options.span.since,
             " --from ", options.span.from, " --to ", options.span.to),
      span.end_ns,
      0,
      {}};
  if (options.resume) {
    VARVE_ASSIGN_OR_RETURN(state, LoadTransferState(state_path, state.what, span.end_ns));
  }
  std::unique_ptr<std::ofstream> file;
  std::ostream* out = context.out;
  if (!options.file.empty()) {
    VARVE_ASSIGN_OR_RETURN(file, OpenOutputFile(options.file, state.bytes));
    out = file.get();
  }
  ProgressBar bar("lines", context.err_is_terminal && !options.file.empty(), context.columns,
                  context.err);
  uint64_t lines = 0;
  do {
    VARVE_ASSIGN_OR_RETURN(std::string page, context.http->Get("/api/v1/export/logs",
                                                               {{"query", options.selector},
                                                                {"start", StrCat(span.start_ns)},
                                                                {"end", StrCat(span.end_ns)},
                                                                {"page", state.at}}));
    VARVE_ASSIGN_OR_RETURN(state.at, TakeNext(&page));
    *out << page << std::flush;
    if (!*out) return absl::UnavailableError("cannot write the output");
    state.bytes += page.size();
    lines += static_cast<uint64_t>(std::count(page.begin(), page.end(), '\n'));
    bar.Update(lines, -1);
    if (!options.file.empty()) VARVE_RETURN_IF_ERROR(SaveTransferState(state_path, state));
  } while (!state.at.empty());
  bar.Clear();
  if (!options.file.empty()) VARVE_RETURN_IF_ERROR(RemoveTransferState(state_path));
  *context.err << "varve: wrote " << GroupedNumber(lines) << " lines in "
               << static_cast<int64_t>(bar.seconds() * 1000) << " ms\n";
  return absl::OkStatus();
}

}  // namespace varve::tools
