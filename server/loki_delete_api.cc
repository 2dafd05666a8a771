// Requests to delete log entries: effective at once, listed, and to be cancelled until compaction
// has made them physical.
#include <algorithm>
#include <random>

#include "query/engine/number_format.h"
#include "server/loki_api.h"
#include "server/loki_delete_parameters.h"
#include "server/loki_json.h"
#include "storage/delete_request_store.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::DeleteRequest;

void AnswerError(int status, std::string_view text, HttpResponse* response) {
  response->status = status;
  response->content_type = "text/plain; charset=utf-8";
  response->body = storage::StrCat(text, "\n");
}

void AnswerError(const absl::Status& status, HttpResponse* response) {
  AnswerError(absl::IsInvalidArgument(status) ? 400 : 500, storage::ToStd(status.message()),
              response);
}

// A page of another site, open in a browser of the operator, must not delete anything; a browser
// says where a request comes from, other clients have no Origin.
bool ComesFromAnotherSite(const HttpRequest& request) {
  const std::string_view origin = request.Header("origin");
  if (origin.empty()) return false;
  const size_t authority = origin.find("://");
  return authority == std::string_view::npos ||
         origin.substr(authority + 3) != request.Header("host");
}

// Runs only where deletes are allowed.
using DeleteAction = void (*)(ApiContext*, const HttpRequest&, HttpResponse*);
RouteHandler IfAllowed(ApiContext* context, DeleteAction action) {
  return [context, action](const HttpRequest& request, HttpResponse* response) {
    if (!context->options->allow_log_deletes) {
      return AnswerError(403, "deletion is not available for this tenant", response);
    }
    if (request.method != "GET" && ComesFromAnotherSite(request)) {
      return AnswerError(403, "deletion is not available for pages of other origins", response);
    }
    action(context, request, response);
  };
}

// Eight hexadecimal digits that no other request has.
std::string NewRequestId(const storage::DeleteRequestStore& requests) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device random;
  while (true) {
    std::string id;
    for (int i = 0; i < 8; ++i) id.push_back(kDigits[random() % kDigits.size()]);
    if (!requests.Find(id).has_value()) return id;
  }
}

void Create(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const auto wanted = ReadLokiDeleteParameters(request.query, NowMs());
  if (!wanted.ok()) return AnswerError(wanted.status(), response);
  const absl::StatusOr<uint64_t> deletion = context->database->DeleteEntries(wanted->deletion);
  if (!deletion.ok()) return AnswerError(deletion.status(), response);
  storage::DeleteRequestStore& requests = context->deletes;
  const absl::Status listed = requests.Add({NewRequestId(requests), wanted->query, wanted->begin_ns,
                                            wanted->last_ns, NowMs(), *deletion},
                                           context->database->PendingDeletions());
  if (!listed.ok()) return AnswerError(listed, response);
  context->logger->Info("delete of log entries",
                        {{"query", wanted->query}, {"deletion", std::to_string(*deletion)}});
  response->status = 204;
}

bool IsPending(ApiContext* context, const DeleteRequest& request) {
  if (request.deletion == 0) return false;
  const std::vector<uint64_t> pending = context->database->PendingDeletions();
  return std::binary_search(pending.begin(), pending.end(), request.deletion);
}

void WriteRequest(ApiContext* context, const DeleteRequest& request, JsonWriter* json) {
  const auto time = [json](std::string_view name, int64_t time_ms) {
    json->Key(name);
    json->Separate();
    query::AppendTimestampSeconds(time_ms, true, json->out());
  };
  const auto to_ms = [](int64_t time_ns) {
    return storage::FloorDivide(time_ns, storage::kNanosecondsPerMillisecond);
  };
  json->BeginObject();
  json->Key("request_id");
  json->String(request.id);
  time("start_time", to_ms(request.begin_ns));
  time("end_time", to_ms(request.last_ns));
  json->Key("query");
  json->String(request.query);
  json->Key("status");
  json->String(IsPending(context, request) ? "received" : "processed");
  time("created_at", request.created_ms);
  json->EndObject();
}

void List(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const std::string_view wanted = request.query.Get("request_id");
  response->content_type = "application/json; charset=UTF-8";
  JsonWriter json(&response->body);
  json.BeginArray();
  for (const DeleteRequest& one : context->deletes.List()) {
    if (wanted.empty() || one.id == wanted) WriteRequest(context, one, &json);
  }
  json.EndArray();
}

// Equal deletes share what hides the entries.
bool IsShared(ApiContext* context, const DeleteRequest& request) {
  const std::vector<DeleteRequest> all = context->deletes.List();
  return std::any_of(all.begin(), all.end(), [&](const DeleteRequest& other) {
    return other.id != request.id && other.deletion == request.deletion;
  });
}

void Cancel(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const auto found = context->deletes.Find(request.query.Get("request_id"));
  if (!found.has_value()) {
    return AnswerError(404, "could not find delete request with given id", response);
  }
  absl::Status status = absl::NotFoundError("");
  if (IsPending(context, *found)) {
    status = IsShared(context, *found) ? absl::OkStatus()
                                       : context->database->CancelDeletion(found->deletion);
  }
  if (absl::IsNotFound(status)) {
    return AnswerError(
        400, "deletion of request which is in process or already processed is not allowed",
        response);
  }
  status.Update(context->deletes.Remove(found->id));
  if (!status.ok()) return AnswerError(status, response);
  context->logger->Info("delete of log entries cancelled", {{"query", found->query}});
  response->status = 204;
}

// Caches in front of the server are stale when this text changes: after each delete or cancel.
void CacheGeneration(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  int64_t newest_ms = 0;
  const std::vector<DeleteRequest> all = context->deletes.List();
  for (const DeleteRequest& one : all) newest_ms = std::max(newest_ms, one.created_ms);
  response->content_type = "application/json; charset=UTF-8";
  JsonWriter json(&response->body);
  json.String(all.empty() ? "" : storage::StrCat(newest_ms, "-", all.size()));
}

}  // namespace

void AddLokiDeleteRoutes(ApiContext* context, Router* router) {
  const std::string path = "/loki/api/v1/delete";
  router->Add({{"POST", "PUT"}, path, RouteClass::kQuery, IfAllowed(context, Create)});
  router->Add({{"GET"}, path, RouteClass::kQuery, IfAllowed(context, List)});
  router->Add({{"DELETE"}, path, RouteClass::kQuery, IfAllowed(context, Cancel)});
  router->Add({{"GET"},
               "/loki/api/v1/cache/generation_numbers",
               RouteClass::kQuery,
               IfAllowed(context, CacheGeneration)});
}

}  // namespace varve::server
