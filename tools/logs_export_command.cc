#include "tools/logs_export_command.h"

#include <simdjson.h>

#include <algorithm>
#include <string_view>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/http_client.h"
#include "tools/terminal_text.h"
#include "tools/transfer/export_session.h"

namespace varve::tools {
namespace {

using storage::StrCat;

constexpr std::string_view kSinceDefault = "1h";
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
  VARVE_ASSIGN_OR_RETURN(const TimeSpan span,
                         ResolveTimeSpan(options.span, kSinceDefault, context.now_ns));
  // A range that ends now ends elsewhere when it is resumed: only what was said must be the same.
  VARVE_ASSIGN_OR_RETURN(
      const auto session,
      ExportSession::Begin(
          options.file,
          StrCat("logs export ", EscapeControls(options.selector), " --since ", options.span.since,
                 " --from ", options.span.from, " --to ", options.span.to),
          span.end_ns, options.resume, "lines", context));
  uint64_t lines = 0;
  std::string& at = session->state().at;
  do {
    VARVE_ASSIGN_OR_RETURN(
        std::string page,
        context.http->Get("/api/v1/export/logs", {{"query", options.selector},
                                                  {"start", StrCat(span.start_ns)},
                                                  {"end", StrCat(session->state().done)},
                                                  {"page", at}}));
    VARVE_ASSIGN_OR_RETURN(at, TakeNext(&page));
    lines += static_cast<uint64_t>(std::count(page.begin(), page.end(), '\n'));
    VARVE_RETURN_IF_ERROR(session->Write(page, lines, -1));
  } while (!at.empty());
  return session->End(lines);
}

}  // namespace varve::tools
