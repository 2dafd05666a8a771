#include "tools/logs_command_line.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "tools/choice.h"
#include "tools/command_flags.h"

namespace varve::tools {
namespace {

void AddSelector(CLI::App* command, std::string* selector) {
  command->add_option("selector", *selector, "e.g. '{app=\"shop\"}'")
      ->required()
      ->type_name("SELECTOR");
}

CLI::Option* AddLimit(CLI::App* command, uint64_t* limit, const std::string& help) {
  return command->add_option("--limit", *limit, help)
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000'000).description(""));
}

CLI::App* AddQuery(CLI::App* app, LogsOptions* options) {
  static const std::map<std::string, LogOutput> kFormats = {{"default", LogOutput::kDefault},
                                                            {"raw", LogOutput::kRaw},
                                                            {"jsonl", LogOutput::kJsonLines},
                                                            {"template", LogOutput::kTemplate}};
  CLI::App* command = app->add_subcommand("logs", "Print log lines, oldest first (LogQL)");
  command->add_option("query", options->query, "a selector, or a query in LogQL")
      ->type_name("QUERY");
  AddSpan(command, &options->span, "1h");
  AddLimit(command, &options->limit, "lines at most: the newest ones");
  command->add_flag("--forward", options->forward, "the oldest lines instead of the newest");
  command
      ->add_option("--context", options->context_lines,
                   "lines before and after each one that is found")
      ->type_name("N")
      ->check(CLI::Range(0, 100).description(""));
  command->add_flag("-f,--follow", options->follow, "go on with lines as they come in");
  command->add_option("--step", options->step, "time between points of a metric query")
      ->type_name("DURATION");
  command
      ->add_option("-o,--output", options->output,
                   "default (TIME {labels} line), raw (lines only), jsonl or template")
      ->transform(OneOf(kFormats))
      ->type_name("FORMAT")
      ->default_str("default");
  command
      ->add_option("--template", options->template_text,
                   "of Go: sees .timestamp, .line and the labels; sets the output")
      ->type_name("TEXT");
  command->footer(
      "Examples:\n"
      "  varve logs '{app=\"shop\"} |= \"failed\"' --since 1h\n"
      "  varve logs '{app=\"shop\"} |= \"failed\"' --follow\n"
      "  varve logs '{app=\"shop\"} |= \"panic\"' --context 5\n"
      "  varve logs '{app=\"shop\"}' --output raw --limit 1000 | sort | uniq -c\n"
      "  varve logs '{app=\"shop\"}' -o template --template '{{.timestamp}} {{.line | trunc 80}}'\n"
      "  varve logs 'sum by (app) (count_over_time({app=~\".+\"}[5m]))'");
  return command;
}

CLI::App* AddStats(CLI::App* logs, LogsStatsOptions* options) {
  CLI::App* command = logs->add_subcommand("stats", "Count streams, lines and bytes");
  AddSelector(command, &options->selector);
  AddSpan(command, &options->span, "1h");
  AddOutput(command, &options->output);
  command->footer("Example:\n  varve logs stats '{app=~\".+\"}' --since 1d");
  return command;
}

CLI::App* AddVolume(CLI::App* logs, LogsVolumeOptions* options) {
  CLI::App* command = logs->add_subcommand("volume", "Bytes by stream or label, the most first");
  AddSelector(command, &options->selector);
  AddSpan(command, &options->span, "1h");
  command->add_option("--by", options->by, "label names with commas between them")
      ->type_name("NAMES");
  AddLimit(command, &options->limit, "rows at most");
  command->add_option("--step", options->step, "over time, in such steps")->type_name("DURATION");
  AddOutput(command, &options->output);
  command->footer("Example:\n  varve logs volume '{app=~\".+\"}' --by app --since 1d");
  return command;
}

CLI::App* AddPatterns(CLI::App* logs, LogsPatternsOptions* options) {
  CLI::App* command =
      logs->add_subcommand("patterns", "What lines look like, the most frequent first");
  AddSelector(command, &options->selector);
  AddSpan(command, &options->span, "1h");
  AddLimit(command, &options->limit, "patterns at most");
  AddOutput(command, &options->output);
  command->footer("Example:\n  varve logs patterns '{app=\"shop\"}' --since 6h --limit 20");
  return command;
}

CLI::App* AddFields(CLI::App* logs, LogsFieldsOptions* options) {
  CLI::App* command =
      logs->add_subcommand("fields", "List the fields found in lines, or the values of one");
  AddSelector(command, &options->selector);
  command->add_option("field", options->field, "the field whose values to list")
      ->type_name("FIELD");
  AddSpan(command, &options->span, "1h");
  command->add_option("--lines", options->lines, "lines that are looked at")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000).description(""));
  AddLimit(command, &options->limit, "fields or values at most");
  AddOutput(command, &options->output);
  command->footer(
      "Examples:\n"
      "  varve logs fields '{app=\"shop\"}'\n"
      "  varve logs fields '{app=\"shop\"} | json' status");
  return command;
}

CLI::App* AddDelete(CLI::App* logs, LogsDeleteOptions* options) {
  CLI::App* command = logs->add_subcommand(
      "delete", "Delete the lines of a query, list such requests, or cancel one");
  command->add_option("query", options->query, "a selector, perhaps with line filters")
      ->type_name("QUERY");
  AddSpan(command, &options->span, "");
  command->add_flag("--list", options->list, "list the requests");
  command->add_option("--cancel", options->cancel, "take a request back that is not done yet")
      ->type_name("ID");
  AddOutput(command, &options->output);
  command->footer(
      "Examples:\n"
      "  varve logs delete '{app=\"shop\"} |= \"password=\"' --since 2d\n"
      "  varve logs delete --list");
  return command;
}

CLI::App* AddImport(CLI::App* logs, LogsImportOptions* options) {
  static const std::map<std::string, LogImportFormat> kFormats = {
      {"auto", LogImportFormat::kAuto},
      {"text", LogImportFormat::kText},
      {"jsonl", LogImportFormat::kJsonLines}};
  CLI::App* command = logs->add_subcommand("import", "Send the lines of a file to a server");
  command->add_option("file", options->path, "text or JSON lines, also .gz; - for standard input")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--format", options->format,
                   "text, jsonl (as exported), or auto: by what is in it")
      ->transform(OneOf(kFormats))
      ->type_name("FORMAT")
      ->default_str("auto");
  command->add_option("--label", options->labels, "of all lines; may be given several times")
      ->type_name("NAME=VALUE")
      ->take_all()
      ->allow_extra_args(false);
  command
      ->add_option("--time-format", options->time_format,
                   "of the time at the beginning of a line, as strptime has it; auto or none")
      ->type_name("FORMAT")
      ->capture_default_str();
  command->add_option("--timezone", options->zone, "of times that do not say")
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("--batch", options->batch_entries, "lines in one request")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000).description(""));
  command->add_option("--retries", options->retries, "attempts after the first, for each request")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(0, 1000).description(""));
  command->add_flag("--resume", options->resume, "go on where an import was interrupted");
  command->footer(
      "Examples:\n"
      "  varve logs import /var/log/nginx/access.log.2.gz --label app=nginx --label host=web1\n"
      "  varve logs import app.log --label app=shop --time-format '%d.%m.%Y %H:%M:%S'\n"
      "  varve logs import shop.jsonl --url http://other:8278");
  return command;
}

CLI::App* AddExport(CLI::App* logs, LogsExportOptions* options) {
  CLI::App* command =
      logs->add_subcommand("export", "Write the lines of streams into a file, without loss");
  AddSelector(command, &options->selector);
  AddSpan(command, &options->span, "1h");
  command->add_option("--file", options->file, "where to write; standard output without it")
      ->type_name("FILE");
  command->add_flag("--resume", options->resume, "go on where an export was interrupted");
  command->footer(
      "Examples:\n"
      "  varve logs export '{app=\"shop\"}' --since 1d --file shop.jsonl\n"
      "  varve logs export '{app=\"shop\"}' --since 1d | gzip > shop.jsonl.gz");
  return command;
}

}  // namespace

void AddLogsCommands(CLI::App* app, LogsCommands* commands, const FinishCommand& finish) {
  CLI::App* const logs = AddQuery(app, &commands->logs);
  logs->require_subcommand(0, 1);
  // Whichever of them was named runs; the query itself where none was.
  finish(logs, [options = &commands->logs](const CommandContext& context) {
    return RunLogs(*options, context);
  });
  const auto add = [&](CLI::App* command, auto run, auto* options) {
    finish(command,
           [run, options](const CommandContext& context) { return run(*options, context); });
  };
  add(AddStats(logs, &commands->stats), RunLogsStats, &commands->stats);
  add(AddVolume(logs, &commands->volume), RunLogsVolume, &commands->volume);
  add(AddPatterns(logs, &commands->patterns), RunLogsPatterns, &commands->patterns);
  add(AddFields(logs, &commands->fields), RunLogsFields, &commands->fields);
  add(AddDelete(logs, &commands->deleted), RunLogsDelete, &commands->deleted);
  add(AddImport(logs, &commands->imported), RunLogsImport, &commands->imported);
  add(AddExport(logs, &commands->exported), RunLogsExport, &commands->exported);
}

}  // namespace varve::tools
