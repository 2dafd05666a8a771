#include "server/config.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "ingest/label_limits.h"
#include "query/promql/duration_text.h"
#include "server/build_info.h"
#include "server/cross_origin.h"
#include "server/quantity_text.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::StrCat;

std::string EnvironmentName(std::string_view flag) {
  std::string name = "VARVE_";
  for (const char c : flag.substr(2)) {
    const bool lower = c >= 'a' && c <= 'z';
    name.push_back(lower ? static_cast<char>(c - ('a' - 'A')) : (c == '.' || c == '-') ? '_' : c);
  }
  return name;
}

// Collects the flags of one command line in CLI11's words.
class FlagSet {
 public:
  explicit FlagSet(CLI::App* app) : app_(app) {}

  using Set = std::function<absl::Status(const std::string&)>;

  // `names`: one flag, then its aliases. `shown`: the default, for --help.
  void Add(const std::vector<std::string>& names, const std::string& shown, const std::string& help,
           Set set) {
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ",") + name;
    CLI::Option* option = app_->add_option_function<std::string>(
        all,
        [name = names[0], set = std::move(set)](const std::string& text) {
          const absl::Status status = set(text);
          if (!status.ok()) {
            throw CLI::ValidationError(name, std::string(storage::ToStd(status.message())));
          }
        },
        help);
    option->type_name("")->default_str(shown)->envname(EnvironmentName(names[0]));
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    Remember(names[0], option);
  }

  void AddText(const std::vector<std::string>& names, const std::string& help, std::string* text) {
    Add(names, *text, help, [text](const std::string& value) {
      if (value.empty()) return absl::InvalidArgumentError("want a text that is not empty");
      *text = value;
      return absl::OkStatus();
    });
  }

  void AddDuration(const std::vector<std::string>& names, const std::string& shown, bool may_be_0,
                   const std::string& help, int64_t* milliseconds) {
    Add(names, shown, help, [milliseconds, may_be_0](const std::string& value) -> absl::Status {
      absl::StatusOr<int64_t> parsed = query::ParsePromDuration(value);
      if (!parsed.ok()) return parsed.status();
      if (*parsed == 0 && !may_be_0) return absl::InvalidArgumentError("want more than 0");
      *milliseconds = *parsed;
      return absl::OkStatus();
    });
  }

  void AddBytes(const std::vector<std::string>& names, const std::string& shown, uint64_t least,
                uint64_t most, const std::string& help, std::function<void(uint64_t)> set) {
    Add(names, shown, help, [least, most, set](const std::string& value) -> absl::Status {
      absl::StatusOr<uint64_t> parsed = ParseByteSize(value);
      if (!parsed.ok()) return parsed.status();
      if (*parsed < least || *parsed > most) {
        return absl::InvalidArgumentError(StrCat("want ", least, " to ", most, " bytes"));
      }
      set(*parsed);
      return absl::OkStatus();
    });
  }

  template <typename Integer>
  void AddCount(const std::vector<std::string>& names, uint64_t least, const std::string& help,
                Integer* count) {
    Add(names, std::to_string(*count), help,
        [least, count](const std::string& value) -> absl::Status {
          const bool digits = !value.empty() && value.size() < 19 &&
                              value.find_first_not_of("0123456789") == std::string::npos;
          if (!digits || std::stoull(value) < least) {
            return absl::InvalidArgumentError(
                StrCat("not a valid number: ", storage::Quote(value), ", want at least ", least));
          }
          *count = static_cast<Integer>(std::stoull(value));
          return absl::OkStatus();
        });
  }

  void AddSwitch(const std::string& name, const std::string& help, bool* on) {
    CLI::Option* option = app_->add_flag(name, *on, help);
    option->envname(EnvironmentName(name))->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    Remember(name, option);
  }

  void AddList(const std::string& name, const std::string& help, std::vector<std::string>* list) {
    CLI::Option* option = app_->add_option(name, *list, help);
    option->type_name("")->delimiter(',')->envname(EnvironmentName(name));
    option->take_all()->allow_extra_args(false)->capture_default_str();
    Remember(name, option);
  }

  std::vector<std::pair<std::string, std::string>> Values() const {
    std::vector<std::pair<std::string, std::string>> values;
    for (const auto& [name, option] : options_) {
      std::string value = option->get_default_str();
      if (option->count() > 0) {
        value.clear();
        for (const std::string& part : option->results()) {
          value += (value.empty() ? "" : ",") + part;
        }
      }
      values.emplace_back(name.substr(2), value);
    }
    return values;
  }

 private:
  void Remember(const std::string& name, const CLI::Option* option) {
    options_.emplace_back(name, option);
  }

  CLI::App* app_;
  std::vector<std::pair<std::string, const CLI::Option*>> options_;
};

void AddStorageFlags(storage::StorageOptions* options, FlagSet* flags) {
  flags->AddText({"--storage.path", "--storage.tsdb.path"}, "Directory of the data.",
                 &options->path);
  flags->AddDuration({"--storage.retention.time", "--storage.tsdb.retention.time"}, "30d", true,
                     "How long samples and log lines are kept; 0 keeps everything and takes "
                     "samples of any age.",
                     &options->retention_ms);
  flags->AddBytes({"--storage.retention.size", "--storage.tsdb.retention.size"}, "0", 0, INT64_MAX,
                  "The oldest days are dropped beyond this size, such as 512MB; 0: no "
                  "limit.",
                  [options](uint64_t bytes) { options->retention_bytes = bytes; });
  flags->AddBytes({"--storage.min-free"}, "32MB", 0, INT64_MAX,
                  "Writes are refused with 503 while less is free on the disk; flushes need some.",
                  [options](uint64_t bytes) { options->free_bytes_min = bytes; });
  flags->AddCount({"--storage.max-series"}, 1, "Active series; more are refused.",
                  &options->series_max);
  flags->AddCount({"--storage.max-streams"}, 1, "Active log streams; more are refused.",
                  &options->streams_max);
  flags->AddDuration({"--storage.flush-interval"}, "10m", false,
                     "How often recent data is written into parts.", &options->flush_interval_ms);
}

void AddQueryFlags(ServerOptions* options, FlagSet* flags) {
  flags->AddDuration({"--query.timeout"}, "2m", false, "The longest a query may take.",
                     &options->query.timeout_ms);
  flags->AddDuration({"--query.lookback-delta"}, "5m", false,
                     "How far an instant selector looks back for a sample.",
                     &options->query.lookback_ms);
  flags->AddCount({"--query.max-samples"}, 1, "Samples one query may hold in memory.",
                  &options->query.samples_max);
  flags->AddCount({"--query.max-series"}, 1, "Series one selector may match.",
                  &options->query.series_max);
  flags->AddCount({"--query.max-points"}, 1, "Points per series of a range query.",
                  &options->query.steps_max);
  flags->AddCount({"--query.max-log-entries"}, 1, "The greatest limit of a log query.",
                  &options->query.entries_max);
  flags->AddBytes({"--query.max-log-bytes"}, "100GB", 1, INT64_MAX,
                  "Bytes of log lines one query may scan.",
                  [options](uint64_t bytes) { options->query.log_bytes_max = bytes; });
  flags->AddCount({"--query.max-concurrency"}, 0,
                  "Queries that run at once; 0: four, or one for each core where there are more.",
                  &options->query_concurrency);
  flags->AddCount({"--storage.remote.read-sample-limit"}, 0,
                  "Samples one remote read may return, where it does not stream; 0: no limit.",
                  &options->remote_read_samples_max);
  flags->AddCount({"--storage.remote.read-concurrent-limit"}, 1, "Remote reads that run at once.",
                  &options->remote_read_concurrency);
  flags->AddList("--enable-feature",
                 "Features that change results: promql-delayed-name-removal, type-and-unit-labels, "
                 "use-start-timestamps; may be repeated.",
                 &options->enabled_features);
  flags->AddCount({"--query.max-queue"}, 0, "Queries that wait; more are answered 503.",
                  &options->query_queue_max);
}

void AddWebFlags(ServerOptions* options, FlagSet* flags) {
  flags->AddList("--web.listen-address", "host:port to listen on; may be repeated.",
                 &options->http.addresses);
  flags->AddCount({"--web.max-connections"}, 1, "Connections open at once.",
                  &options->http.connections_max);
  flags->AddBytes({"--web.max-body-size"}, "64MB", 1 << 10, 1ULL << 30,
                  "Bytes of one request's body.",
                  [options](uint64_t bytes) { options->http.body_bytes_max = bytes; });
  flags->AddBytes({"--web.max-header-size"}, "1MB", 1 << 10, 64ULL << 20,
                  "Bytes of one request's line and headers.", [options](uint64_t bytes) {
                    options->http.header_bytes_max = static_cast<size_t>(bytes);
                  });
  flags->AddDuration({"--web.drain-timeout"}, "30s", true,
                     "After SIGTERM, running requests get this long.", &options->drain_timeout_ms);
  flags->AddSwitch("--web.enable-admin-api", "Answer /api/v1/admin/.", &options->enable_admin_api);
  flags->AddSwitch("--web.enable-lifecycle", "Answer /-/quit and /-/reload.",
                   &options->enable_lifecycle);
  flags->Add({"--web.cors.origin"}, "",
             "Regular expression of the origins whose pages may read answers; empty: none.",
             [options](const std::string& value) -> absl::Status {
               options->cors_origin = value;
               return OriginPolicy::Parse(value).status();
             });
  flags->AddSwitch("--logs.discover-service-name", "Give streams without a service_name label one.",
                   &options->discover_service_name);
  flags->AddSwitch("--logs.discover-level", "Give log lines without a level a detected_level.",
                   &options->discover_level);
  flags->Add({"--logs.deletion-mode"}, "filter-and-delete",
             "Whether log lines can be deleted: disabled, filter-only, which hides them, or "
             "filter-and-delete, which hides them at once and removes them later.",
             [options](const std::string& value) -> absl::Status {
               if (value != "disabled" && value != "filter-only" && value != "filter-and-delete") {
                 return absl::InvalidArgumentError(
                     StrCat("not a deletion mode: ", storage::Quote(value),
                            ", want disabled, filter-only or filter-and-delete"));
               }
               options->allow_log_deletes = value != "disabled";
               options->storage.keep_deleted_entries = value == "filter-only";
               return absl::OkStatus();
             });
  flags->AddDuration({"--logs.delete-request-cancel-period"}, "24h", true,
                     "After this time what a delete hides is removed; until then it can be "
                     "cancelled, unless a merge has removed it.",
                     &options->storage.deletion_delay_ms);
  flags->AddCount({"--logs.max-tails"}, 0, "Clients that watch log lines as they come in.",
                  &options->tails_max);
}

absl::Status SetTimeZone(const std::string& name, absl::TimeZone* zone) {
  if (name == "Local" || name.empty()) {
    *zone = absl::LocalTimeZone();
  } else if (!absl::LoadTimeZone(name, zone)) {
    return absl::InvalidArgumentError(StrCat("not a time zone: ", storage::Quote(name),
                                             ", want Local, UTC or a name such as Europe/Berlin"));
  }
  return absl::OkStatus();
}

void AddSyslogFlags(SyslogListenerOptions* options, FlagSet* flags) {
  flags->AddList("--syslog.listen-address.tcp",
                 "host:port to take syslog (RFC 5424, RFC 3164) on over TCP; may be repeated.",
                 &options->tcp_addresses);
  flags->AddList("--syslog.listen-address.udp",
                 "host:port to take syslog on over UDP; may be repeated.", &options->udp_addresses);
  flags->Add({"--syslog.timezone"}, "Local", "Time zone of messages that do not say theirs.",
             [options](const std::string& value) { return SetTimeZone(value, &options->zone); });
  flags->AddCount({"--syslog.max-connections"}, 1, "Connections of syslog open at once.",
                  &options->connections_max);
  flags->AddBytes({"--syslog.max-message-size"}, "256KB", 480, ingest::kLineBytesMax,
                  "Bytes of one message of syslog; the rest is left out.",
                  [options](uint64_t bytes) { options->message_bytes_max = bytes; });
  flags->AddDuration({"--syslog.idle-timeout"}, "1h", false,
                     "A connection of syslog without a byte for so long is closed.",
                     &options->idle_timeout_ms);
  flags->AddBytes({"--syslog.max-source-buffer"}, "4MB", 64 << 10, 1ULL << 30,
                  "Bytes of one sender's messages that wait to be stored.",
                  [options](uint64_t bytes) { options->source_bytes_max = bytes; });
  flags->AddBytes({"--syslog.max-buffer"}, "64MB", 64 << 10, 1ULL << 34,
                  "Bytes of all messages of syslog that wait to be stored.",
                  [options](uint64_t bytes) { options->waiting_bytes_max = bytes; });
}

void AddLogPushFlags(ServerOptions* options, FlagSet* flags) {
  flags->AddBytes({"--logs.ingestion-rate"}, "0", 0, INT64_MAX,
                  "Bytes of log entries that may come in a second; more are answered 429. 0: any "
                  "number.",
                  [options](uint64_t bytes) { options->ingestion_rate_bytes = bytes; });
  flags->AddBytes({"--logs.ingestion-burst"}, "0", 0, INT64_MAX,
                  "Bytes of log entries that may come at once; 0: what comes in 1.5 s.",
                  [options](uint64_t bytes) { options->ingestion_burst_bytes = bytes; });
  ingest::LokiPushOptions* const push = &options->push;
  flags->AddBytes({"--logs.max-line-size"}, "256KB", 1, 256 << 10, "The longest log line.",
                  [push](uint64_t bytes) { push->line_bytes_max = bytes; });
  flags->AddSwitch("--logs.truncate-lines", "Cut longer lines instead of refusing them.",
                   &push->truncate_lines);
  flags->AddCount({"--logs.max-label-names"}, 1, "Labels of one log stream.",
                  &push->stream_labels_max);
  flags->AddCount({"--logs.max-label-name-length"}, 1, "Bytes of the name of a stream's label.",
                  &push->label_name_bytes_max);
  flags->AddCount({"--logs.max-label-value-length"}, 1, "Bytes of the value of a stream's label.",
                  &push->label_value_bytes_max);
  flags->AddBytes({"--logs.max-structured-metadata-size"}, "64KB", 0, 64 << 10,
                  "Bytes of the structured metadata of one log line.",
                  [push](uint64_t bytes) { push->metadata_bytes_max = bytes; });
  flags->AddCount({"--logs.max-structured-metadata-count"}, 0,
                  "Names in the structured metadata of one log line.", &push->metadata_labels_max);
}

void AddLogQueryFlags(LogQueryLimits* limits, FlagSet* flags) {
  flags->AddDuration({"--logs.max-query-lookback"}, "0s", true,
                     "How far back a log query sees; 0: as far as --storage.retention.time keeps.",
                     &limits->lookback_ms);
  flags->AddDuration({"--logs.max-query-length"}, "0s", true,
                     "The longest range of time of a log query; 0: as long as data is kept.",
                     &limits->length_ms);
  flags->AddDuration({"--logs.max-query-range"}, "0s", true,
                     "The longest range selector, such as [1h], of a log query; 0: any.",
                     &limits->range_ms);
  flags->AddCount({"--logs.max-query-series"}, 0,
                  "Series that the answer of a log query may have; 0: any number.",
                  &limits->series_max);
  flags->AddCount({"--logs.max-query-matchers"}, 0,
                  "Matchers that one selector of a log query may have; 0: any number.",
                  &limits->matchers_max);
}

// What no flag sets follows from how long data is kept; where that is for ever, there is no limit.
void DeriveLogQueryLimits(int64_t retention_ms, LogQueryLimits* limits) {
  if (retention_ms == 0) return;
  if (limits->lookback_ms == 0) limits->lookback_ms = retention_ms;
  if (limits->length_ms == 0) limits->length_ms = retention_ms + storage::kMillisecondsPerHour;
}

void AddLogFlags(ServerOptions* options, FlagSet* flags) {
  flags->Add({"--log.level"}, "info", "debug, info, warn or error.",
             [options](const std::string& value) -> absl::Status {
               const std::optional<LogLevel> level = ParseLogLevel(value);
               if (!level.has_value()) {
                 return absl::InvalidArgumentError(StrCat("not a level: ", storage::Quote(value),
                                                          ", want debug, info, warn or error"));
               }
               options->log_level = *level;
               return absl::OkStatus();
             });
  flags->Add({"--log.format"}, "logfmt", "logfmt or json.",
             [options](const std::string& value) -> absl::Status {
               if (value != "logfmt" && value != "json") {
                 return absl::InvalidArgumentError(
                     StrCat("not a format: ", storage::Quote(value), ", want logfmt or json"));
               }
               options->log_format = value == "json" ? LogFormat::kJson : LogFormat::kLogfmt;
               return absl::OkStatus();
             });
}

}  // namespace

ServerOptions DefaultOptions() {
  ServerOptions options;
  options.storage.path = "./varve-data";
  DeriveLogQueryLimits(options.storage.retention_ms, &options.log_queries);
  return options;
}

ConfigResult ParseConfig(std::vector<std::string> arguments) {
  ServerOptions options;
  options.storage.path = "./varve-data";
  CLI::App app("Varve stores metrics and logs, and answers PromQL and LogQL over HTTP.", "varved");
  app.set_help_flag("-h,--help", "Print this and exit.");
  app.set_version_flag("--version", VersionText(), "Print the version and exit.");
  app.get_formatter()->column_width(36);
  FlagSet flags(&app);
  AddStorageFlags(&options.storage, &flags);
  AddQueryFlags(&options, &flags);
  AddWebFlags(&options, &flags);
  AddSyslogFlags(&options.syslog, &flags);
  AddLogPushFlags(&options, &flags);
  AddLogQueryFlags(&options.log_queries, &flags);
  AddLogFlags(&options, &flags);
  ConfigResult result;
  try {
    std::reverse(arguments.begin(), arguments.end());  // the order CLI11 takes a vector in
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    result.text = app.help();
    return result;
  } catch (const CLI::CallForVersion&) {
    result.text = VersionText() + "\n";
    return result;
  } catch (const CLI::Error& error) {
    result.text = StrCat("varved: ", error.what(), "\nRun varved --help for the flags.\n");
    result.exit_code = kExitBadFlag;
    return result;
  }
  for (const std::string& name : options.enabled_features) {
    if (!query::EnableFeature(name, &options.query.features)) {
      options.unknown_features.push_back(name);
    }
  }
  DeriveLogQueryLimits(options.storage.retention_ms, &options.log_queries);
  options.flags = flags.Values();
  result.options = std::move(options);
  return result;
}

}  // namespace varve::server
