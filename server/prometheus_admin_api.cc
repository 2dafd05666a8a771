// Administration, behind --web.enable-admin-api: deletion, snapshots, flush and compaction.
#include <ctime>
#include <random>

#include "query/promql/parser.h"
#include "server/prometheus_api.h"
#include "server/prometheus_json.h"
#include "server/prometheus_parameters.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::StrCat;

// Below the data directory, as in Prometheus's.
constexpr std::string_view kSnapshotsFolder = "snapshots";

// A handler that runs only where administration is switched on.
using AdminAction = void (*)(ApiContext*, const HttpRequest&, HttpResponse*);
RouteHandler Admin(ApiContext* context, AdminAction action) {
  return [context, action](const HttpRequest& request, HttpResponse* response) {
    if (!context->options->enable_admin_api) {
      return AnswerError(500, "unavailable", "admin APIs disabled", response);
    }
    action(context, request, response);
  };
}

void AnswerDone(const absl::Status& status, HttpResponse* response) {
  if (!status.ok()) {
    return AnswerError(500, "internal", storage::ToStd(status.message()), response);
  }
  response->status = 204;
}

void Flush(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  AnswerDone(context->database->Flush(), response);
}

void Compact(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  AnswerDone(context->database->CompactAll(), response);
}

void CleanTombstones(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  AnswerDone(context->database->CleanDeletions(), response);
}

void DeleteSeries(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  if (const absl::Status form = CheckForm(request.query); !form.ok()) {
    return AnswerError(form, response);
  }
  if (!request.query.Has("match[]")) {
    return AnswerError(400, "bad_data", "no match[] parameter provided", response);
  }
  const absl::StatusOr<storage::TimeRange> range_ms = RangeParameterMs(request.query);
  if (!range_ms.ok()) return AnswerError(range_ms.status(), response);
  // All are read before the first one is deleted.
  Selectors selectors;
  for (const std::string_view text : request.query.GetAll("match[]")) {
    absl::StatusOr<std::vector<storage::Matcher>> matchers = query::ParseSelector(text);
    if (!matchers.ok()) {
      return AnswerError(InvalidParameter("match[]", storage::ToStd(matchers.status().message())),
                         response);
    }
    // `{}` selects nothing here, as in Prometheus, and deletes nothing.
    if (!matchers->empty()) selectors.push_back(*std::move(matchers));
  }
  for (const std::vector<storage::Matcher>& matchers : selectors) {
    const absl::Status status =
        context->database->Delete(storage::Signal::kMetrics, matchers, *range_ms);
    if (!status.ok()) return AnswerDone(status, response);
  }
  response->status = 204;
}

// 20261126T132243Z-2c90d10de78ef0fb
std::string SnapshotName() {
  const time_t seconds = static_cast<time_t>(NowMs() / 1000);
  tm utc{};
  gmtime_r(&seconds, &utc);
  char time[20];
  const size_t length = std::strftime(time, sizeof(time), "%Y%m%dT%H%M%SZ", &utc);
  std::string name(time, length);
  name.push_back('-');
  std::random_device random;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) name.push_back(kDigits[random() % kDigits.size()]);
  return name;
}

void Snapshot(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<bool> skip_head = BoolParameter(request.query, "skip_head", false);
  if (!skip_head.ok()) {
    return AnswerError(
        InvalidParameter("skip_head", StrCat("unable to parse boolean: ",
                                             storage::ToStd(skip_head.status().message()))),
        response);
  }
  const std::string name = SnapshotName();
  const absl::Status status = context->database->Snapshot(
      StrCat(context->options->storage.path, "/", kSnapshotsFolder, "/", name), *skip_head);
  if (!status.ok()) {
    return AnswerError(500, "internal",
                       StrCat("create snapshot: ", storage::ToStd(status.message())), response);
  }
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        json->Key("name");
        json->String(name);
        json->EndObject();
      },
      {}, {}, response);
}

}  // namespace

void AddPrometheusAdminRoutes(ApiContext* context, Router* router) {
  const auto add = [&](std::string_view name, AdminAction action) {
    router->Add({{"POST", "PUT"},
                 StrCat("/api/v1/admin/tsdb/", name),
                 RouteClass::kQuery,
                 Admin(context, action)});
  };
  add("delete_series", DeleteSeries);
  add("clean_tombstones", CleanTombstones);
  add("snapshot", Snapshot);
  add("flush", Flush);
  add("compact", Compact);
}

}  // namespace varve::server
