// index/shards: how the streams of a query could be read in pieces of about the same size. A piece
// is a range of the streams' fingerprints.
#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "query/logql/parser.h"
#include "server/loki_api.h"
#include "server/loki_json.h"
#include "server/loki_parameters.h"
#include "server/quantity_text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::LogVolume;
using storage::StreamVolume;

struct Shard {
  uint64_t min = 0;  // fingerprints, both included
  uint64_t max = std::numeric_limits<uint64_t>::max();
  LogVolume volume;
};

absl::StatusOr<uint64_t> TargetBytes(const QueryParameters& parameters) {
  const absl::StatusOr<uint64_t> bytes = ParseByteSize(parameters.Get("targetBytesPerShard"));
  if (!bytes.ok() || *bytes == 0) {
    return absl::InvalidArgumentError("targetBytesPerShard must be a positive value");
  }
  return *bytes;
}

// Cuts where a shard has reached the size; the shards cover every fingerprint once.
std::vector<Shard> CutShards(const std::vector<StreamVolume>& streams, uint64_t target_bytes) {
  std::vector<std::pair<uint64_t, LogVolume>> volumes;
  volumes.reserve(streams.size());
  for (const StreamVolume& stream : streams) {
    volumes.emplace_back(stream.labels.view().Hash(), stream.volume);
  }
  std::sort(volumes.begin(), volumes.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Shard> shards(1);
  for (const auto& [fingerprint, volume] : volumes) {
    if (shards.back().volume.bytes >= target_bytes && fingerprint > shards.back().min) {
      shards.back().max = fingerprint - 1;
      shards.emplace_back().min = fingerprint;
    }
    shards.back().volume += volume;
  }
  return shards;
}

absl::Status AnswerShards(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  VARVE_ASSIGN_OR_RETURN(const uint64_t target_bytes, TargetBytes(request.query));
  VARVE_ASSIGN_OR_RETURN(
      const LokiBounds bounds,
      LokiBoundsParameters(request.query, NowMs() * storage::kNanosecondsPerMillisecond,
                           kLokiQuerySinceNs));
  VARVE_ASSIGN_OR_RETURN(const std::vector<storage::Matcher> matchers,
                         query::ParseLogSelector(request.query.Get("query")));
  VARVE_ASSIGN_OR_RETURN(
      const std::vector<StreamVolume> streams,
      context->database->NewQuerier()->VolumeOfStreams(
          matchers, storage::TimeRange::Inclusive(bounds.start_ns, bounds.end_ns)));
  response->content_type = "application/json; charset=UTF-8";
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("shards");
  json.BeginArray();
  for (const Shard& shard : CutShards(streams, target_bytes)) {
    json.BeginObject();
    json.Key("bounds");
    json.BeginObject();
    json.Key("min");
    json.Uint(shard.min);
    json.Key("max");
    json.Uint(shard.max);
    json.EndObject();
    json.Key("stats");
    WriteLokiIndexStats(shard.volume, &json);
    json.EndObject();
  }
  json.EndArray();
  json.Key("statistics");
  json.Raw("{}");
  json.EndObject();
  return absl::OkStatus();
}

}  // namespace

void AddLokiShardRoutes(ApiContext* context, Router* router) {
  router->Add({{"GET", "POST"},
               "/loki/api/v1/index/shards",
               RouteClass::kQuery,
               [context](const HttpRequest& request, HttpResponse* response) {
                 const absl::Status status = AnswerShards(context, request, response);
                 if (!status.ok()) AnswerLokiError(status, response);
               }});
}

}  // namespace varve::server
