#include "tools/logs_import_command.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/terminal_text.h"
#include "tools/transfer/import_session.h"
#include "tools/transfer/log_json.h"
#include "tools/transfer/log_pusher.h"
#include "tools/transfer/log_text.h"

namespace varve::tools {
namespace {

using storage::StrCat;

absl::StatusOr<LogLabels> ParseLabels(const std::vector<std::string>& texts) {
  LogLabels labels;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          StrCat("cannot use label ", storage::Quote(text), ", want NAME=VALUE"));
    }
    labels.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return labels;
}

absl::StatusOr<LogImportFormat> GuessFormat(const std::string& path) {
  if (path == kStandardInput) {
    return std::cin.peek() == '{' ? LogImportFormat::kJsonLines : LogImportFormat::kText;
  }
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LineReader> lines, LineReader::Open(path));
  std::string first;
  LogEntry entry;
  const absl::StatusOr<bool> is_there = lines->Next(&first);
  if (!is_there.ok()) return is_there.status();
  const bool is_json = *is_there && ParseLogJson(first, &entry).ok();
  return is_json ? LogImportFormat::kJsonLines : LogImportFormat::kText;
}

absl::StatusOr<std::unique_ptr<LogSource>> OpenSource(const LogsImportOptions& options,
                                                      const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(LogLabels labels, ParseLabels(options.labels));
  LogImportFormat format = options.format;
  if (format == LogImportFormat::kAuto) {
    VARVE_ASSIGN_OR_RETURN(format, GuessFormat(options.path));
  }
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<LineReader> lines, LineReader::Open(options.path));
  if (format == LogImportFormat::kJsonLines) {
    return std::make_unique<LogJsonSource>(std::move(lines), std::move(labels));
  }
  if (labels.empty()) {
    return absl::InvalidArgumentError(
        "cannot import text without labels, want --label NAME=VALUE at least once");
  }
  LogTextOptions text;
  text.labels = std::move(labels);
  text.time_format = options.time_format;
  text.now_ns = context.now_ns;
  if (options.zone != "Local" && !absl::LoadTimeZone(options.zone, &text.zone)) {
    return absl::InvalidArgumentError(StrCat("cannot use time zone ", storage::Quote(options.zone),
                                             ", want Local, UTC or e.g. Europe/Berlin"));
  }
  return std::make_unique<LogTextSource>(std::move(lines), std::move(text));
}

// What makes two imports the same one.
std::string Identity(const LogsImportOptions& options) {
  std::string text =
      StrCat("logs import ", std::filesystem::absolute(options.path).string(), " --time-format ",
             EscapeControls(options.time_format), " --timezone ", options.zone);
  for (const std::string& label : options.labels) {
    storage::StrAppend(&text, " --label ", EscapeControls(label));
  }
  return text;
}

}  // namespace

absl::Status RunLogsImport(const LogsImportOptions& options, const CommandContext& context) {
  VARVE_ASSIGN_OR_RETURN(
      const std::unique_ptr<ImportSession> session,
      ImportSession::Begin(options.path, Identity(options), options.resume, "lines", context));
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LogSource> source, OpenSource(options, context));
  LogPusherOptions pushing;
  pushing.batch_entries = options.batch_entries;
  pushing.retry.retries = options.retries;
  LogPusher pusher(pushing, context.http,
                   [&](uint64_t lines) { return session->Sent(lines, source->progress()); });
  LogEntry entry;
  absl::Status status;
  bool server_takes_more = true;
  for (uint64_t number = 0; status.ok(); ++number) {
    const absl::StatusOr<bool> more = source->Next(&entry);
    if (!more.ok() || !*more) {
      status = more.status();
      break;
    }
    if (number < session->skipped()) continue;
    status = pusher.Write(entry);
    server_takes_more = status.ok();
  }
  if (server_takes_more) {  // what was read in front of something unreadable is good
    if (const absl::Status flushed = pusher.Flush(); status.ok()) status = flushed;
  }
  return session->End(status, pusher.entries_sent(), pusher.sender());
}

}  // namespace varve::tools
