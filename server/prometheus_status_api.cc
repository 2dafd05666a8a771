#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <thread>
#include <utility>

#include "query/engine/number_format.h"
#include "server/build_info.h"
#include "server/prometheus_api.h"
#include "server/prometheus_json.h"
#include "server/prometheus_parameters.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::StrCat;

constexpr size_t kTopDefault = 10;
constexpr uint64_t kTopMax = 10'000;

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
  // Without `features`: with it, Grafana takes the server for another product.
  AnswerSuccess(
      [](JsonWriter* json) {
        WriteTexts({{"version", std::string(kPrometheusApiVersion)},
                    {"revision", StrCat("varve-", kVersion)},
                    {"branch", "main"},
                    {"buildUser", "varve"},
                    {"buildDate", ""},
                    {"goVersion", std::string(kCompiler)}},
                   json);
      },
      {}, {}, response);
}

std::string RetentionText(const storage::StorageOptions& options) {
  std::string text;
  if (options.retention_ms > 0) query::AppendPromDuration(options.retention_ms, &text);
  if (options.retention_bytes > 0) {
    text += text.empty() ? "" : " or ";
    storage::StrAppend(&text, options.retention_bytes, "B");
  }
  return text;
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
        json->Key("serverTime");
        json->String(Rfc3339(NowMs()));
        json->Key("reloadConfigSuccess");
        json->Bool(true);
        json->Key("lastConfigTime");
        json->String(Rfc3339(context->start_time_ms));
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

// Counts by text, and the greatest of them.
class TopCounts {
 public:
  void Add(std::string text, uint64_t count = 1) { counts_[std::move(text)] += count; }
  size_t size() const { return counts_.size(); }

  void Write(std::string_view key, size_t most, JsonWriter* json) const {
    std::vector<std::pair<std::string, uint64_t>> sorted(counts_.begin(), counts_.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (sorted.size() > most) sorted.resize(most);
    json->Key(key);
    json->BeginArray();
    for (const auto& [name, value] : sorted) {
      json->BeginObject();
      json->Key("name");
      json->String(name);
      json->Key("value");
      json->Uint(value);
      json->EndObject();
    }
    json->EndArray();
  }

 private:
  std::map<std::string, uint64_t> counts_;
};

void TsdbStatus(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<uint64_t> limit = LimitParameter(request.query);
  if (!limit.ok()) return AnswerError(limit.status(), response);
  if (*limit > kTopMax) {
    return AnswerError(InvalidParameter("limit", "limit must not exceed 10000"), response);
  }
  const size_t most = *limit == 0 ? kTopDefault : *limit;
  const storage::StorageStats stats = context->database->Stats();
  // Of the last hours, which is what Prometheus's head holds.
  const storage::TimeRange range_ms =
      storage::TimeRange::Inclusive(NowMs() - 3 * storage::kMillisecondsPerHour, NowMs());
  query::QueryContext query(context->options->query, context->workers, request.cancelled.get());
  const auto selection = context->database->NewQuerier()->SelectMetrics(
      {storage::Matcher::NotEqual(storage::kMetricNameLabel, "")}, range_ms);
  if (!selection.ok()) return AnswerError(selection.status(), response);
  TopCounts by_metric, by_pair, values_by_name, bytes_by_name;
  for (size_t i = 0; i < (*selection)->size(); ++i) {
    if (const absl::Status alive = query.CheckAlive(); !alive.ok()) {
      return AnswerError(alive, response);
    }
    for (const storage::LabelView& label : (*selection)->labels(i)) {
      if (label.name == storage::kMetricNameLabel) by_metric.Add(std::string(label.value));
      const size_t pairs = by_pair.size();
      by_pair.Add(StrCat(label.name, "=", label.value));
      if (by_pair.size() == pairs) continue;
      values_by_name.Add(std::string(label.name));
      bytes_by_name.Add(std::string(label.name), label.value.size());
    }
  }
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        json->Key("headStats");
        json->BeginObject();
        json->Key("numSeries");
        json->Uint(stats.head_series);
        json->Key("numLabelPairs");
        json->Uint(by_pair.size());
        json->Key("chunkCount");
        json->Uint(stats.head_series);
        json->Key("minTime");
        json->Int(stats.head_min_time_ms);
        json->Key("maxTime");
        json->Int(stats.head_max_time_ms);
        json->EndObject();
        by_metric.Write("seriesCountByMetricName", most, json);
        values_by_name.Write("labelValueCountByLabelName", most, json);
        bytes_by_name.Write("memoryInBytesByLabelName", most, json);
        by_pair.Write("seriesCountByLabelValuePair", most, json);
        json->EndObject();
      },
      {}, {}, response);
}

// Administration that is switched off answers what Prometheus answers.
RouteHandler Admin(ApiContext* context, absl::Status (storage::Database::*action)()) {
  return [context, action](const HttpRequest&, HttpResponse* response) {
    if (!context->options->enable_admin_api) {
      return AnswerError(500, "unavailable", "admin APIs disabled", response);
    }
    const absl::Status status = (context->database->*action)();
    if (!status.ok()) {
      return AnswerError(500, "internal", storage::ToStd(status.message()), response);
    }
    response->status = 204;
  };
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
  router->Add({get, "/api/v1/status/flags", RouteClass::kImmediate,
               [context](const HttpRequest&, HttpResponse* response) {
                 AnswerSuccess(
                     [context](JsonWriter* json) { WriteTexts(context->options->flags, json); }, {},
                     {}, response);
               }});
  router->Add({get, "/api/v1/status/config", RouteClass::kImmediate, Fixed(R"({"yaml":""})")});
  router->Add({get, "/api/v1/status/tsdb", RouteClass::kQuery, bind(TsdbStatus)});
  // There are no rules, alerts and targets; Grafana asks all the same.
  router->Add({get, "/api/v1/rules", RouteClass::kImmediate, Fixed(R"({"groups":[]})")});
  router->Add({get, "/api/v1/alerts", RouteClass::kImmediate, Fixed(R"({"alerts":[]})")});
  router->Add({get, "/api/v1/alertmanagers", RouteClass::kImmediate,
               Fixed(R"({"activeAlertmanagers":[],"droppedAlertmanagers":[]})")});
  router->Add({get, "/api/v1/targets", RouteClass::kImmediate,
               Fixed(R"({"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":{}})")});
  const std::vector<std::string> change = {"POST", "PUT"};
  router->Add({change, "/api/v1/admin/tsdb/compact", RouteClass::kQuery,
               Admin(context, &storage::Database::CompactAll)});
  router->Add({change, "/api/v1/admin/tsdb/flush", RouteClass::kQuery,
               Admin(context, &storage::Database::Flush)});
}

}  // namespace varve::server
