#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <thread>
#include <utility>

#include "query/engine/number_format.h"
#include "server/build_info.h"
#include "server/configuration_yaml.h"
#include "server/feature_list.h"
#include "server/metric_family_json.h"
#include "server/prometheus_api.h"
#include "server/prometheus_json.h"
#include "server/prometheus_parameters.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::StrCat;

std::string Rfc3339(int64_t time_ms) {
  const time_t seconds = static_cast<time_t>(time_ms / 1000);
  tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

void WriteTexts(const std::vector<std::pair<std::string, std::string>>& pairs, JsonWriter* json) {
  json->BeginObject();
  for (const auto& [name, value] : pairs) {
    json->Key(name);
    json->String(value);
  }
  json->EndObject();
}

void BuildInfo(const HttpRequest&, HttpResponse* response) {
  AnswerSuccess([](JsonWriter* json) { WriteBuildInfo(kPrometheusApiVersion, json); }, {}, {},
                response);
}

std::string HostName() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

void RuntimeInfo(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  const storage::StorageStats stats = context->database->Stats();
  std::array<char, 4096> directory{};
  const char* const working_directory = ::getcwd(directory.data(), directory.size());
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        json->Key("startTime");
        json->String(Rfc3339(context->start_time_ms));
        json->Key("CWD");
        json->String(working_directory != nullptr ? working_directory : "");
        json->Key("hostname");
        json->String(HostName());
        json->Key("serverTime");
        json->String(Rfc3339(NowMs()));
        json->Key("reloadConfigSuccess");
        json->Bool(true);
        json->Key("lastConfigTime");
        json->String(Rfc3339(context->reload_time_ms.load()));
        json->Key("corruptionCount");
        json->Uint(stats.wal_corruptions_total);
        json->Key("goroutineCount");
        json->Uint(0);
        json->Key("GOMAXPROCS");
        json->Uint(std::thread::hardware_concurrency());
        json->Key("GOMEMLIMIT");
        json->Uint(0);
        json->Key("GOGC");
        json->String("");
        json->Key("GODEBUG");
        json->String("");
        json->Key("storageRetention");
        json->String(RetentionText(context->options->storage));
        json->EndObject();
      },
      {}, {}, response);
}

// The replay of the write-ahead log, in ids of its segments. Answered while it goes on, too.
void WalReplay(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        json->Key("min");
        json->Uint(context->replay.first.load());
        json->Key("max");
        json->Uint(context->replay.last.load());
        json->Key("current");
        json->Uint(context->replay.read.load());
        json->EndObject();
      },
      {}, {}, response);
}

void Config(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        json->Key("yaml");
        json->String(ConfigurationYaml(*context->options));
        json->EndObject();
      },
      {}, {}, response);
}

void Flags(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  std::vector<std::pair<std::string, std::string>> flags = context->options->flags;
  std::sort(flags.begin(), flags.end());
  AnswerSuccess([&](JsonWriter* json) { WriteTexts(flags, json); }, {}, {}, response);
}

void SelfMetrics(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const std::string_view pattern = request.query.Get("metric_name_pattern");
  std::optional<storage::Matcher> matcher;
  if (!pattern.empty()) {
    absl::StatusOr<storage::Matcher> created =
        storage::Matcher::Create(storage::MatchType::kRegex, "__name__", pattern);
    if (!created.ok()) {
      return AnswerError(
          InvalidParameter("metric_name_pattern", storage::ToStd(created.status().message())),
          response);
    }
    matcher = *std::move(created);
  }
  const std::vector<MetricFamily> families = context->metrics->Gather();
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginArray();
        for (const MetricFamily& family : families) {
          if (!matcher || matcher->Matches(family.name)) WriteMetricFamily(family, json);
        }
        json->EndArray();
      },
      {}, {}, response);
}

RouteHandler Fixed(std::string_view data) {
  return [data](const HttpRequest&, HttpResponse* response) {
    AnswerSuccess([data](JsonWriter* json) { json->Raw(data); }, {}, {}, response);
  };
}

}  // namespace

void AddPrometheusStatusRoutes(ApiContext* context, Router* router) {
  const auto bind = [context](auto handler) {
    return [context, handler](const HttpRequest& request, HttpResponse* response) {
      handler(context, request, response);
    };
  };
  const std::vector<std::string> get = {"GET"};
  router->Add({get, "/api/v1/status/buildinfo", RouteClass::kImmediate, BuildInfo});
  router->Add({get, "/api/v1/status/runtimeinfo", RouteClass::kQuery, bind(RuntimeInfo)});
  router->Add({get, "/api/v1/status/flags", RouteClass::kImmediate, bind(Flags)});
  router->Add({get, "/api/v1/status/config", RouteClass::kImmediate, bind(Config)});
  router->Add({get, "/api/v1/status/walreplay", RouteClass::kImmediate, bind(WalReplay)});
  router->Add({get, "/api/v1/status/self_metrics", RouteClass::kQuery, bind(SelfMetrics)});
  router->Add({get, "/api/v1/features", RouteClass::kImmediate,
               [context](const HttpRequest&, HttpResponse* response) {
                 AnswerSuccess([context](JsonWriter* json) { WriteFeatures(*context, json); }, {},
                               {}, response);
               }});
  // Nothing an operator has to be told happens to this server that is not in its log.
  router->Add({get, "/api/v1/notifications", RouteClass::kImmediate, Fixed("[]")});
  // No subscriber is taken: what Prometheus answers when it has too many.
  router->Add({get, "/api/v1/notifications/live", RouteClass::kImmediate,
               [](const HttpRequest&, HttpResponse* response) { response->status = 204; }});
}

}  // namespace varve::server
