#include "server/loki_json.h"

#include <algorithm>
#include <utility>

#include "query/engine/number_format.h"
#include "query/logql/log_query.h"
#include "server/http_status.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using query::StreamsResult;
using storage::LabelSetView;

constexpr std::string_view kCategorizeLabels = "categorize-labels";

void AppendSample(const storage::Sample& sample, std::string* out) {
  out->push_back('[');
  query::AppendTimestampSeconds(sample.timestamp_ms, true, out);
  *out += ",\"";
  query::AppendFloat(sample.value, out);
  *out += "\"]";
}

void WriteMetric(LabelSetView labels, JsonWriter* json) {
  json->Key("metric");
  json->Labels(labels);
}

void WriteMatrix(const query::MatrixResult& matrix, JsonWriter* json) {
  json->BeginArray();
  for (const query::MatrixResult::Series& series : matrix.series) {
    json->BeginObject();
    WriteMetric(series.labels, json);
    json->Key("values");
    json->BeginArray();
    for (const storage::Sample& sample : series.samples) {
      json->Separate();
      AppendSample(sample, json->out());
    }
    json->EndArray();
    json->EndObject();
  }
  json->EndArray();
}

void WriteVector(const query::VectorResult& vector, JsonWriter* json) {
  json->BeginArray();
  for (const query::VectorResult::Item& item : vector.items) {
    json->BeginObject();
    WriteMetric(item.labels, json);
    json->Key("value");
    json->Separate();
    AppendSample(item.sample, json->out());
    json->EndObject();
  }
  json->EndArray();
}

void WriteLabelKinds(const StreamsResult::Line& line, JsonWriter* json) {
  json->BeginObject();
  if (!line.structured_metadata.empty()) {
    json->Key("structuredMetadata");
    json->Labels(line.structured_metadata);
  }
  if (!line.parsed.empty()) {
    json->Key("parsed");
    json->Labels(line.parsed);
  }
  json->EndObject();
}

std::string_view ResultType(const query::QueryResult& result) {
  if (std::holds_alternative<query::ScalarResult>(result.value)) return "scalar";
  if (std::holds_alternative<query::VectorResult>(result.value)) return "vector";
  if (std::holds_alternative<StreamsResult>(result.value)) return "streams";
  return "matrix";
}

void WriteValue(const query::QueryResult& result, bool categorize_labels, JsonWriter* json) {
  if (const auto* scalar = std::get_if<query::ScalarResult>(&result.value)) {
    // In milliseconds, unlike all other times: so does Loki.
    json->BeginArray();
    json->Int(scalar->sample.timestamp_ms);
    json->Separate();
    json->out()->push_back('"');
    query::AppendFloat(scalar->sample.value, json->out());
    json->out()->push_back('"');
    json->EndArray();
  } else if (const auto* vector = std::get_if<query::VectorResult>(&result.value)) {
    WriteVector(*vector, json);
  } else if (const auto* streams = std::get_if<StreamsResult>(&result.value)) {
    WriteLokiStreams(*streams, categorize_labels, json);
  } else if (const auto* matrix = std::get_if<query::MatrixResult>(&result.value)) {
    WriteMatrix(*matrix, json);
  } else {
    json->Raw("[]");
  }
}

uint64_t CountEntries(const query::QueryResult& result) {
  const auto* streams = std::get_if<StreamsResult>(&result.value);
  if (streams == nullptr) return 0;
  uint64_t entries = 0;
  for (const StreamsResult::Stream& stream : streams->streams) entries += stream.lines.size();
  return entries;
}

void WriteStats(const LokiStats& stats, uint64_t entries_returned, JsonWriter* json) {
  const auto rate = [&](uint64_t count) {
    return stats.seconds > 0 ? static_cast<uint64_t>(static_cast<double>(count) / stats.seconds)
                             : 0;
  };
  json->BeginObject();
  json->Key("summary");
  json->BeginObject();
  json->Key("bytesProcessedPerSecond");
  json->Uint(rate(stats.bytes));
  json->Key("linesProcessedPerSecond");
  json->Uint(rate(stats.lines));
  json->Key("totalBytesProcessed");
  json->Uint(stats.bytes);
  json->Key("totalLinesProcessed");
  json->Uint(stats.lines);
  json->Key("execTime");
  json->Double(stats.seconds);
  json->Key("queueTime");
  json->Double(0);
  json->Key("totalEntriesReturned");
  json->Uint(entries_returned);
  json->EndObject();
  json->EndObject();
}

}  // namespace

void WriteLokiStreams(const StreamsResult& streams, bool categorize_labels, JsonWriter* json) {
  json->BeginArray();
  for (const StreamsResult::Stream& stream : streams.streams) {
    json->BeginObject();
    json->Key("stream");
    json->Labels(stream.labels);
    json->Key("values");
    json->BeginArray();
    for (const StreamsResult::Line& line : stream.lines) {
      json->BeginArray();
      json->String(std::to_string(line.timestamp_ns));
      json->String(line.line);
      if (categorize_labels) WriteLabelKinds(line, json);
      json->EndArray();
    }
    json->EndArray();
    json->EndObject();
  }
  json->EndArray();
}

void WriteLokiIndexStats(const storage::LogVolume& volume, JsonWriter* json) {
  json->BeginObject();
  json->Key("streams");
  json->Uint(volume.streams);
  json->Key("chunks");
  json->Uint(volume.chunks);
  json->Key("bytes");
  json->Uint(volume.bytes);
  json->Key("entries");
  json->Uint(volume.entries);
  json->EndObject();
}

bool WantsCategorizedLabels(const HttpRequest& request) {
  std::string_view flags = request.Header("x-loki-response-encoding-flags");
  while (!flags.empty()) {
    const size_t end = std::min(flags.find(','), flags.size());
    if (TrimBlanks(flags.substr(0, end)) == kCategorizeLabels) return true;
    flags.remove_prefix(std::min(end + 1, flags.size()));
  }
  return false;
}

void AnswerLokiResult(query::QueryResult result, bool categorize_labels, const LokiStats& stats,
                      HttpResponse* response) {
  if (auto* streams = std::get_if<StreamsResult>(&result.value);
      streams != nullptr && !categorize_labels) {
    *streams = query::MergeLabels(std::move(*streams));
  }
  response->status = 200;
  response->content_type = "application/json; charset=UTF-8";
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("status");
  json.String("success");
  if (!result.warnings.empty()) {
    json.Key("warnings");
    json.Strings(result.warnings);
  }
  json.Key("data");
  json.BeginObject();
  json.Key("resultType");
  json.String(ResultType(result));
  if (categorize_labels) {
    json.Key("encodingFlags");
    json.Strings({std::string(kCategorizeLabels)});
  }
  json.Key("result");
  WriteValue(result, categorize_labels, &json);
  json.Key("stats");
  WriteStats(stats, CountEntries(result), &json);
  json.EndObject();
  json.EndObject();
}

void AnswerLokiTexts(const std::vector<std::string>& texts, HttpResponse* response) {
  response->content_type = "application/json; charset=UTF-8";
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("status");
  json.String("success");
  if (!texts.empty()) {
    json.Key("data");
    json.Strings(texts);
  }
  json.EndObject();
}

void AnswerLokiError(const absl::Status& status, HttpResponse* response) {
  response->status = ToLokiStatus(status.code());
  response->content_type = "text/plain; charset=utf-8";
  response->body = storage::StrCat(storage::ToStd(status.message()), "\n");
}

}  // namespace varve::server
