// The flags of `varve logs` and of its subcommands.
//
// Threads:  a free function, called while the command line is described.
#ifndef TOOLS_LOGS_COMMAND_LINE_H_
#define TOOLS_LOGS_COMMAND_LINE_H_

#include <functional>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/logs_command.h"
#include "tools/logs_delete_command.h"
#include "tools/logs_export_command.h"
#include "tools/logs_fields_command.h"
#include "tools/logs_import_command.h"
#include "tools/logs_patterns_command.h"
#include "tools/logs_stats_command.h"
#include "tools/logs_volume_command.h"

namespace CLI {
class App;
}

namespace varve::tools {

struct LogsCommands {
  LogsOptions logs;
  LogsStatsOptions stats;
  LogsVolumeOptions volume;
  LogsPatternsOptions patterns;
  LogsFieldsOptions fields;
  LogsDeleteOptions deleted;
  LogsImportOptions imported;
  LogsExportOptions exported;
};

// Called with each command and what it runs.
using FinishCommand =
    std::function<void(CLI::App*, std::function<absl::Status(const CommandContext&)>)>;

// `commands` outlives the command line.
void AddLogsCommands(CLI::App* app, LogsCommands* commands, const FinishCommand& finish);

}  // namespace varve::tools

#endif  // TOOLS_LOGS_COMMAND_LINE_H_
