// status/tsdb and status/tsdb/blocks: what the storage holds, by metric, by label and by part.
#include <algorithm>
#include <limits>
#include <string_view>
#include <vector>

#include "server/prometheus_api.h"
#include "server/prometheus_json.h"
#include "server/prometheus_parameters.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::StrCat;

constexpr uint64_t kTopDefault = 10;
constexpr uint64_t kTopMax = 10'000;
// What Prometheus's head holds, at most, before a block is made of it.
constexpr int64_t kHeadMs = 3 * storage::kMillisecondsPerHour;

// What takes the place of Prometheus's head: all that is not in a part yet, and at least the three
// hours up to the newest sample.
storage::TimeRange HeadRangeMs(const storage::StorageStats& stats) {
  int64_t begin_ms = std::max(stats.metrics_min_time_ms, stats.metrics_max_time_ms - kHeadMs);
  if (stats.head_samples + stats.head_histograms > 0) {
    begin_ms = std::min(begin_ms, stats.head_min_time_ms);
  }
  return storage::TimeRange::Inclusive(begin_ms, stats.metrics_max_time_ms);
}

// Chunks of parts that reach into the range, and one open chunk for each series of the head.
uint64_t ChunksIn(storage::TimeRange range_ms, const storage::StorageStats& stats,
                  const std::vector<storage::PartInfo>& parts) {
  uint64_t chunks = stats.head_series + stats.head_histogram_series;
  for (const storage::PartInfo& part : parts) {
    const bool reaches =
        range_ms.Overlaps(storage::TimeRange::Inclusive(part.min_time_ms, part.max_time_ms));
    if (part.signal == storage::Signal::kMetrics && reaches) chunks += part.chunks;
  }
  return chunks;
}

void WriteHead(const storage::Cardinality& cardinality, uint64_t chunks,
               storage::TimeRange range_ms, JsonWriter* json) {
  // An empty head begins behind its end, as Prometheus's does.
  const bool empty = cardinality.series == 0;
  json->BeginObject();
  json->Key("numSeries");
  json->Uint(cardinality.series);
  json->Key("numLabelPairs");
  json->Uint(cardinality.label_pairs);
  json->Key("chunkCount");
  json->Uint(chunks);
  json->Key("minTime");
  json->Int(empty ? std::numeric_limits<int64_t>::max() : range_ms.begin);
  json->Key("maxTime");
  json->Int(empty ? std::numeric_limits<int64_t>::min() : range_ms.end - 1);
  json->EndObject();
}

void WriteCounts(std::string_view key, const std::vector<storage::NamedCount>& counts,
                 JsonWriter* json) {
  json->Key(key);
  json->BeginArray();
  for (const auto& [name, count] : counts) {
    json->BeginObject();
    json->Key("name");
    json->String(name);
    json->Key("value");
    json->Uint(count);
    json->EndObject();
  }
  json->EndArray();
}

void TsdbStatus(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  uint64_t most = kTopDefault;
  if (const std::string_view text = request.query.Get("limit"); !text.empty()) {
    const absl::StatusOr<int64_t> limit = ParseGoInteger(text, 64, "Atoi");
    if (!limit.ok() || *limit <= 0) {
      return AnswerError(400, "bad_data", "limit must be a positive number", response);
    }
    most = static_cast<uint64_t>(*limit);
    if (most > kTopMax) {
      return AnswerError(400, "bad_data", StrCat("limit must not exceed ", kTopMax), response);
    }
  }
  const storage::StorageStats stats = context->database->Stats();
  const storage::TimeRange range_ms = HeadRangeMs(stats);
  const absl::StatusOr<storage::Cardinality> found =
      context->database->MetricCardinality(range_ms, most);
  if (!found.ok()) return AnswerError(found.status(), response);
  const uint64_t chunks = ChunksIn(range_ms, stats, context->database->Parts());
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        json->Key("headStats");
        WriteHead(*found, chunks, range_ms, json);
        WriteCounts("seriesCountByMetricName", found->series_by_metric, json);
        WriteCounts("labelValueCountByLabelName", found->values_by_label, json);
        WriteCounts("memoryInBytesByLabelName", found->bytes_by_label, json);
        WriteCounts("seriesCountByLabelValuePair", found->series_by_pair, json);
        json->EndObject();
      },
      {}, {}, response);
}

void WritePart(const storage::PartInfo& part, JsonWriter* json) {
  json->BeginObject();
  json->Key("ulid");
  json->String(part.name);
  json->Key("minTime");
  json->Int(part.min_time_ms);
  json->Key("maxTime");
  json->Int(part.max_time_ms);
  json->Key("stats");
  json->BeginObject();
  json->Key("numSamples");
  json->Uint(part.entries);
  json->Key("numSeries");
  json->Uint(part.series);
  json->Key("numChunks");
  json->Uint(part.chunks);
  json->Key("numBytes");
  json->Uint(part.bytes);
  json->EndObject();
  json->Key("compaction");
  json->BeginObject();
  json->Key("level");
  json->Uint(part.level + 1);  // upstream counts from 1
  json->Key("sources");
  json->Strings({part.name});
  json->EndObject();
  json->Key("version");
  json->Uint(1);
  json->EndObject();
}

void TsdbBlocks(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  const std::vector<storage::PartInfo> parts = context->database->Parts();
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        json->Key("blocks");
        json->BeginArray();
        for (const storage::PartInfo& part : parts) {
          if (part.signal == storage::Signal::kMetrics) WritePart(part, json);
        }
        json->EndArray();
        json->EndObject();
      },
      {}, {}, response);
}

}  // namespace

void AddPrometheusTsdbRoutes(ApiContext* context, Router* router) {
  const auto bind = [context](auto handler) {
    return [context, handler](const HttpRequest& request, HttpResponse* response) {
      handler(context, request, response);
    };
  };
  router->Add({{"GET"}, "/api/v1/status/tsdb", RouteClass::kQuery, bind(TsdbStatus)});
  router->Add({{"GET"}, "/api/v1/status/tsdb/blocks", RouteClass::kQuery, bind(TsdbBlocks)});
}

}  // namespace varve::server
