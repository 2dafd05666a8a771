#include "tools/command_line.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "storage/model/text.h"
#include "tools/choice.h"
#include "tools/command_context.h"
#include "tools/command_flags.h"
#include "tools/completion_command.h"
#include "tools/export_command.h"
#include "tools/http_client.h"
#include "tools/import_command.h"
#include "tools/labels_command.h"
#include "tools/logs_command_line.h"
#include "tools/parts_command.h"
#include "tools/promql_command.h"
#include "tools/query_command.h"
#include "tools/query_range_command.h"
#include "tools/series_command.h"
#include "tools/terminal_text.h"
#include "tools/tsdb_command.h"

namespace varve::tools {
namespace {

constexpr char kUrlDefault[] = "http://127.0.0.1:8278";

struct GlobalOptions {
  std::string url;
  std::string timeout = "2m";
  bool utc = false;
};

using Command = std::function<absl::Status(const CommandContext&)>;

// What the command line says; the subcommand that was named sets `run`.
struct CommandChoice {
  GlobalOptions global;
  QueryOptions query;
  QueryRangeOptions query_range;
  LogsCommands logs;
  SeriesOptions series;
  LabelsOptions labels;
  PartsOptions parts;
  PromqlOptions promql;
  AnalyzeOptions analyze;
  ExportOptions exported;
  ImportOptions imported;
  std::string shell;
  Command run;
  bool needs_server = true;
};

void AddExpression(CLI::App* command, const std::string& what, std::string* expression) {
  command->add_option("expression", *expression, what)->required()->type_name("EXPR");
}

void AddDataPath(CLI::App* command, std::string* path) {
  command->add_option("path", *path, "a data directory or one part file")
      ->required()
      ->type_name("PATH");
}

template <typename Integer>
void AddNumber(CLI::App* command, const std::string& name, const std::string& what, int64_t least,
               int64_t most, Integer* number) {
  command->add_option(name, *number, what)
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(least, most).description(""));
}

// The format of a file, by its name.
template <typename Format>
void AddFormat(CLI::App* command, const std::string& what,
               const std::map<std::string, Format>& formats, const std::string& default_text,
               Format* format) {
  command->add_option("--format", *format, what)
      ->transform(OneOf(formats))
      ->type_name("FORMAT")
      ->default_str(default_text);
}

void AddExplain(CLI::App* command, bool* explain) {
  command->add_flag("--explain", *explain,
                    "print the plan: what each operator took, instead of the result");
}

void AddSelectors(CLI::App* command, std::vector<std::string>* selectors) {
  command->add_option("--match", *selectors, "only series that match; may be given several times")
      ->type_name("SELECTOR")
      ->take_all()
      ->allow_extra_args(false);
}

// Finishes a subcommand: global flags may stand behind its name, and it runs `run`.
void Finish(CLI::App* command, CommandChoice* choice, Command run, bool needs_server = true) {
  command->fallthrough();
  command->callback([command, choice, run = std::move(run), needs_server] {
    if (!command->get_subcommands().empty()) return;  // the one that was named runs
    choice->run = run;
    choice->needs_server = needs_server;
  });
}

void AddQuery(CLI::App* app, CommandChoice* choice) {
  QueryOptions* options = &choice->query;
  CLI::App* command = app->add_subcommand("query", "Answer a PromQL expression at one moment");
  AddExpression(command, "in PromQL", &options->expression);
  command->add_option("--time", options->time, "RFC 3339, Unix seconds, now or e.g. -1h")
      ->type_name("TIME")
      ->default_str("now");
  AddOutput(command, &options->output);
  AddExplain(command, &options->explain);
  command->footer(
      "Examples:\n"
      "  varve query 'sum by (job) (up)'\n"
      "  varve query 'rate(http_requests_total[5m])' --time -1h\n"
      "  varve query -o csv -- '-up'");
  Finish(command, choice, [options](const auto& context) { return RunQuery(*options, context); });
}

void AddQueryRange(CLI::App* app, CommandChoice* choice) {
  QueryRangeOptions* options = &choice->query_range;
  CLI::App* command =
      app->add_subcommand("query-range", "Answer a PromQL expression over a range of time");
  AddExpression(command, "in PromQL", &options->expression);
  AddSpan(command, &options->span, "1h");
  command->add_option("--step", options->step, "time between points")
      ->type_name("DURATION")
      ->default_str("the range / 250");
  AddOutput(command, &options->output);
  AddExplain(command, &options->explain);
  command->add_flag("--graph", options->graph, "draw the result in the terminal");
  command->footer(
      "Examples:\n"
      "  varve query-range 'rate(http_requests_total[5m])' --since 1h --step 30s\n"
      "  varve query-range 'sum(rate(http_requests_total[5m]))' --since 1d --graph\n"
      "  varve query-range up --start 2026-11-20T08:00:00Z --end 2026-11-20T09:00:00Z");
  Finish(command, choice,
         [options](const auto& context) { return RunQueryRange(*options, context); });
}

void AddSeries(CLI::App* app, CommandChoice* choice) {
  SeriesOptions* options = &choice->series;
  CLI::App* command = app->add_subcommand("series", "List the series that match selectors");
  command->add_option("selector", options->selectors, "e.g. '{job=\"node\"}'")
      ->required()
      ->type_name("SELECTOR");
  AddSince(command, &options->since, "");
  command->add_flag("--logs", options->logs, "log streams instead of metrics");
  AddOutput(command, &options->output);
  command->footer(
      "Examples:\n"
      "  varve series up 'process_cpu_seconds_total{job=\"node\"}'\n"
      "  varve series --logs '{app=~\".+\"}' --since 1d");
  Finish(command, choice, [options](const auto& context) { return RunSeries(*options, context); });
}

void AddLabels(CLI::App* app, CommandChoice* choice) {
  LabelsOptions* options = &choice->labels;
  CLI::App* command = app->add_subcommand("labels", "List label names, or the values of a label");
  command->add_option("name", options->name, "the label whose values to list")->type_name("NAME");
  AddSince(command, &options->since, "");
  command->add_option("--match", options->selector, "only of series that match")
      ->type_name("SELECTOR");
  command->add_flag("--logs", options->logs, "of log streams instead of metrics");
  AddOutput(command, &options->output);
  command->footer(
      "Examples:\n"
      "  varve labels\n"
      "  varve labels __name__ --match '{job=\"node\"}'\n"
      "  varve labels --logs app");
  Finish(command, choice, [options](const auto& context) { return RunLabels(*options, context); });
}

void AddParts(CLI::App* app, CommandChoice* choice) {
  PartsOptions* options = &choice->parts;
  CLI::App* parts =
      app->add_subcommand("parts", "Look into the files of a data directory, offline");
  parts->require_subcommand(1);
  parts->fallthrough();
  const auto add = [&](const char* name, const char* description, auto run) {
    CLI::App* command = parts->add_subcommand(name, description);
    AddDataPath(command, &options->path);
    Finish(
        command, choice, [options, run](const auto& context) { return run(*options, context); },
        false);
    return command;
  };
  CLI::App* list = add("list", "One row per part: times, series, entries, bytes", RunPartsList);
  AddOutput(list, &options->output);
  add("inspect", "Sections and codecs of each part", RunPartsInspect);
  add("verify", "Read and check every byte; exit 1 on damage", RunPartsVerify);
  parts->footer(
      "Examples:\n"
      "  varve parts list varve-data\n"
      "  varve parts verify varve-data/parts/metrics-00000000000000000001.part");
}

void AddPromql(CLI::App* app, CommandChoice* choice) {
  PromqlOptions* options = &choice->promql;
  CLI::App* promql = app->add_subcommand("promql", "Lay out or take apart expressions, offline");
  promql->require_subcommand(1);
  promql->fallthrough();
  const auto add = [&](const char* name, const char* description, auto run) {
    CLI::App* command = promql->add_subcommand(name, description);
    AddExpression(command, "in PromQL; - for standard input", &options->expression);
    Finish(
        command, choice, [options, run](const auto& context) { return run(*options, context); },
        false);
  };
  add("format", "Lay an expression out over lines", RunPromqlFormat);
  add("parse", "Print the syntax tree as JSON", RunPromqlParse);
  promql->footer(
      "Examples:\n"
      "  varve promql format 'sum(rate(http_requests_total[5m]))by(job)'\n"
      "  varve promql parse - < query.promql");
}

void AddTsdb(CLI::App* app, CommandChoice* choice) {
  AnalyzeOptions* options = &choice->analyze;
  CLI::App* tsdb = app->add_subcommand("tsdb", "What a data directory consists of, offline");
  tsdb->require_subcommand(1);
  tsdb->fallthrough();
  CLI::App* command =
      tsdb->add_subcommand("analyze", "Cardinality by metric and label, churn, bytes by codec");
  AddDataPath(command, &options->path);
  AddNumber(command, "--top", "rows of each table", 1, 1'000'000, &options->top);
  AddOutput(command, &options->output);
  command->footer("Example:\n  varve tsdb analyze varve-data --top 20");
  Finish(
      command, choice, [options](const auto& context) { return RunTsdbAnalyze(*options, context); },
      false);
}

void AddExport(CLI::App* app, CommandChoice* choice) {
  static const std::map<std::string, ExportFormat> kFormats = {
      {"jsonl", ExportFormat::kJsonLines},
      {"openmetrics", ExportFormat::kOpenMetrics},
      {"csv", ExportFormat::kCsv},
      {"remote-read", ExportFormat::kRemoteRead}};
  ExportOptions* options = &choice->exported;
  CLI::App* command =
      app->add_subcommand("export", "Write the samples of a server into a file (remote read)");
  AddSelectors(command, &options->selectors);
  AddSpan(command, &options->span, "1h");
  command->add_option("--chunk", options->chunk, "time that is asked for at once")
      ->type_name("DURATION")
      ->capture_default_str();
  AddFormat(command, "jsonl, openmetrics, csv or remote-read", kFormats, "jsonl", &options->format);
  command->add_option("--file", options->file, "where to write; standard output without it")
      ->type_name("FILE");
  command->add_flag("--resume", options->resume, "go on where an export was interrupted");
  command->footer(
      "Examples:\n"
      "  varve export --match '{job=\"node\"}' --since 1d --file node.jsonl\n"
      "  varve export --start 2026-11-20 --end 2026-11-21 --format remote-read --file day.bin\n"
      "  varve export --url http://prometheus:9090 --since 1h | varve import -");
  Finish(command, choice, [options](const auto& context) { return RunExport(*options, context); });
}

void AddImport(CLI::App* app, CommandChoice* choice) {
  static const std::map<std::string, ImportFormat> kFormats = {
      {"auto", ImportFormat::kAuto},
      {"openmetrics", ImportFormat::kOpenMetrics},
      {"jsonl", ImportFormat::kJsonLines},
      {"remote-read", ImportFormat::kRemoteRead},
      {"prometheus", ImportFormat::kPrometheus}};
  ImportOptions* options = &choice->imported;
  CLI::App* command =
      app->add_subcommand("import", "Send the samples of a file to a server (remote write)");
  command
      ->add_option("path", options->path,
                   "a file, a Prometheus block or data directory, or - for standard input")
      ->required()
      ->type_name("PATH");
  AddFormat(command, "openmetrics, jsonl, remote-read, prometheus, or auto: by what is in it",
            kFormats, "auto", &options->format);
  AddSelectors(command, &options->selectors);
  command->add_option("--start", options->start, "only samples from then on")->type_name("TIME");
  command->add_option("--end", options->end, "only samples up to then")->type_name("TIME");
  AddNumber(command, "--batch", "samples in one request", 1, 1'000'000, &options->batch_samples);
  AddNumber(command, "--retries", "attempts after the first, for each request", 0, 1000,
            &options->retries);
  command->add_flag("--resume", options->resume, "go on where an import was interrupted");
  command->footer(
      "Examples:\n"
      "  varve import node.jsonl\n"
      "  varve import /var/lib/prometheus/data/snapshots/20261121T080000Z-1a2b --start -7d\n"
      "  curl -s http://host:9100/metrics | varve import --format openmetrics -");
  Finish(command, choice, [options](const auto& context) { return RunImport(*options, context); });
}

void AddCompletion(CLI::App* app, CommandChoice* choice) {
  CLI::App* command = app->add_subcommand("completion", "Print a completion script for a shell");
  command->add_option("shell", choice->shell, "bash")->required()->type_name("SHELL");
  command->footer("Example:\n  source <(varve completion bash)");
  Finish(
      command, choice,
      [choice](const auto& context) { return RunCompletion(choice->shell, context); }, false);
}

void Describe(CLI::App* app, CommandChoice* choice) {
  app->set_version_flag("--version", storage::StrCat("varve ", VARVE_VERSION));
  app->add_option("--url", choice->global.url, "the server's address; also VARVE_URL")
      ->type_name("URL")
      ->capture_default_str();
  app->add_option("--timeout", choice->global.timeout, "how long to wait for an answer")
      ->type_name("DURATION")
      ->capture_default_str();
  app->add_flag("--utc", choice->global.utc, "print times in UTC, not in the local time zone");
  app->require_subcommand(1);
  app->footer(
      "Examples:\n"
      "  varve query 'sum by (job) (up)'\n"
      "  varve logs '{app=\"shop\"} |= \"failed\"' --since 1h\n"
      "  varve parts verify varve-data\n"
      "`varve COMMAND --help` says more.");
  AddQuery(app, choice);
  AddQueryRange(app, choice);
  AddLogsCommands(app, &choice->logs, [choice](CLI::App* command, Command run) {
    Finish(command, choice, std::move(run));
  });
  AddSeries(app, choice);
  AddLabels(app, choice);
  AddExport(app, choice);
  AddImport(app, choice);
  AddPromql(app, choice);
  AddParts(app, choice);
  AddTsdb(app, choice);
  AddCompletion(app, choice);
}

int ReportError(const absl::Status& status, const CommandEnvironment& environment) {
  *environment.err << "varve: " << storage::ToStd(status.message()) << '\n';
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailed;
}

int RunChoice(const CommandChoice& choice, const CommandEnvironment& environment) {
  CommandContext context;
  context.out = environment.out;
  context.err = environment.err;
  context.is_terminal = environment.is_terminal;
  context.err_is_terminal = environment.err_is_terminal;
  context.columns = environment.columns;
  context.colours = environment.is_terminal && !environment.no_colour;
  context.times.utc = choice.global.utc;
  context.now_ns = environment.now_ns;
  std::optional<HttpClient> http;
  if (choice.needs_server) {
    const absl::StatusOr<int64_t> timeout_ns = ParseDurationNs(choice.global.timeout);
    if (!timeout_ns.ok()) return ReportError(timeout_ns.status(), environment);
    if (*timeout_ns <= 0) {
      return ReportError(absl::InvalidArgumentError("cannot wait for 0s, want a longer --timeout"),
                         environment);
    }
    absl::StatusOr<HttpClient> created = HttpClient::Create(choice.global.url, *timeout_ns);
    if (!created.ok()) return ReportError(created.status(), environment);
    http.emplace(*std::move(created));
    context.http = &*http;
  }
  const absl::Status status = choice.run(context);
  environment.out->flush();
  if (!status.ok()) return ReportError(status, environment);
  if (!environment.out->good()) {
    return ReportError(absl::UnavailableError("cannot write the output"), environment);
  }
  return kExitOk;
}

}  // namespace

int RunCommandLine(const std::vector<std::string>& arguments,
                   const CommandEnvironment& environment) {
  CommandChoice choice;
  choice.global.url = environment.url.empty() ? kUrlDefault : environment.url;
  CLI::App app("Asks a Varve server (or any Prometheus or Loki), and looks into its files.",
               "varve");
  Describe(&app, &choice);
  try {
    // CLI11 takes the arguments from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& success) {  // --help and --version
    app.exit(success, *environment.out, *environment.err);
    environment.out->flush();
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    *environment.err << "varve: cannot read the command line: " << EscapeControls(error.what())
                     << "; see varve --help\n";
    return kExitUsage;
  }
  return RunChoice(choice, environment);
}

}  // namespace varve::tools
