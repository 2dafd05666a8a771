// status/tsdb and status/tsdb/blocks: what the storage holds, by metric, by label and by part.
#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "server/prometheus_api.h"
#include "server/prometheus_json.h"
#include "server/prometheus_parameters.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::StrCat;

constexpr uint64_t kTopDefault = 10;
constexpr uint64_t kTopMax = 10'000;
// Of the last hours, which is what Prometheus's head holds.
constexpr int64_t kHeadMs = 3 * storage::kMillisecondsPerHour;

// Counts by text, and the greatest of them.
class TopCounts {
 public:
  // True where the text is new.
  bool Add(std::string text, uint64_t count = 1) {
    const auto [entry, is_new] = counts_.try_emplace(std::move(text), 0);
    entry->second += count;
    return is_new;
  }
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

struct Cardinality {
  TopCounts series_by_metric;
  TopCounts series_by_pair;
  TopCounts values_by_name;
  TopCounts value_bytes_by_name;

  void Add(storage::LabelSetView labels) {
    for (const storage::LabelView& label : labels) {
      if (label.name == storage::kMetricNameLabel) series_by_metric.Add(std::string(label.value));
      if (!series_by_pair.Add(StrCat(label.name, "=", label.value))) continue;
      values_by_name.Add(std::string(label.name));
      value_bytes_by_name.Add(std::string(label.name), label.value.size());
    }
  }
};

absl::Status CountRecentSeries(ApiContext* context, const HttpRequest& request,
                               Cardinality* cardinality) {
  query::QueryContext query(context->options->query, context->workers, request.cancelled.get());
  const int64_t now_ms = NowMs();
  VARVE_ASSIGN_OR_RETURN(const auto selection,
                         context->database->NewQuerier()->SelectMetrics(
                             {storage::Matcher::NotEqual(storage::kMetricNameLabel, "")},
                             storage::TimeRange::Inclusive(now_ms - kHeadMs, now_ms)));
  for (size_t i = 0; i < selection->size(); ++i) {
    VARVE_RETURN_IF_ERROR(query.CheckAlive());
    cardinality->Add(selection->labels(i));
  }
  return absl::OkStatus();
}

void WriteHead(const storage::StorageStats& stats, uint64_t label_pairs, JsonWriter* json) {
  // An empty head begins behind its end, as Prometheus's does.
  const bool empty = stats.head_min_time_ms == 0 && stats.head_max_time_ms == 0;
  json->BeginObject();
  json->Key("numSeries");
  json->Uint(stats.head_series);
  json->Key("numLabelPairs");
  json->Uint(label_pairs);
  json->Key("chunkCount");
  json->Uint(stats.head_series);  // each series has one open chunk
  json->Key("minTime");
  json->Int(empty ? std::numeric_limits<int64_t>::max() : stats.head_min_time_ms);
  json->Key("maxTime");
  json->Int(empty ? std::numeric_limits<int64_t>::min() : stats.head_max_time_ms);
  json->EndObject();
}

void TsdbStatus(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  uint64_t most = kTopDefault;
  if (const std::string_view text = request.query.Get("limit"); !text.empty()) {
    if (!absl::SimpleAtoi(storage::ToAbsl(text), &most) || most == 0) {
      return AnswerError(400, "bad_data", "limit must be a positive number", response);
    }
    if (most > kTopMax) {
      return AnswerError(400, "bad_data", StrCat("limit must not exceed ", kTopMax), response);
    }
  }
  Cardinality cardinality;
  const absl::Status status = CountRecentSeries(context, request, &cardinality);
  if (!status.ok()) return AnswerError(status, response);
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        json->Key("headStats");
        WriteHead(context->database->Stats(), cardinality.series_by_pair.size(), json);
        cardinality.series_by_metric.Write("seriesCountByMetricName", most, json);
        cardinality.values_by_name.Write("labelValueCountByLabelName", most, json);
        cardinality.value_bytes_by_name.Write("memoryInBytesByLabelName", most, json);
        cardinality.series_by_pair.Write("seriesCountByLabelValuePair", most, json);
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
  json->Uint(part.series);
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
