#include "server/prometheus_json.h"

#include <utility>

#include "query/engine/number_format.h"
#include "server/http_status.h"
#include "server/json_pieces.h"
#include "server/label_json.h"
#include "server/matrix_json.h"
#include "server/sample_json.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

constexpr std::string_view kTruncated = "results truncated due to limit";

// Prometheus writes scalars with its general encoder: no zeros after a fraction, and no exponents.
void AppendScalar(const storage::Sample& sample, std::string* out) {
  out->push_back('[');
  query::AppendTimestampSeconds(sample.timestamp_ms, true, out);
  *out += ",\"";
  query::AppendFloat(sample.value, out);
  *out += "\"]";
}

// So many items are worth another thread.
constexpr size_t kPieceItems = 640;
constexpr size_t kPieceLabelSets = 2048;
// What an item takes besides its labels.
constexpr size_t kItemBytes = 64;

void WriteItems(const query::VectorResult::Item* begin, const query::VectorResult::Item* end,
                JsonWriter* json) {
  LabelJson labels(LabelJson::Escape::kPlain);
  size_t bytes = 0;
  for (const query::VectorResult::Item* item = begin; item != end; ++item) {
    bytes += LabelJson::EstimateBytes(item->labels) + kItemBytes;
  }
  json->out()->reserve(json->out()->size() + bytes);
  for (const query::VectorResult::Item* item = begin; item != end; ++item) {
    json->BeginObject();
    json->Key("metric");
    json->Separate();
    labels.Append(item->labels, json->out());
    json->Key(item->histogram == nullptr ? "value" : "histogram");
    json->Separate();
    if (item->histogram == nullptr) {
      AppendSample(item->sample, json->out());
    } else {
      AppendHistogramSample(item->sample.timestamp_ms, *item->histogram, json->out());
    }
    json->EndObject();
  }
}

void WriteVector(const query::VectorResult& vector, query::QueryContext* query, JsonWriter* json) {
  const query::VectorResult::Item* const items = vector.items.data();
  const size_t count = vector.items.size();
  json->BeginArray();
  WriteInPieces(count, kPieceItems, query, json, [&](size_t begin, size_t end, JsonWriter* piece) {
    WriteItems(items + begin, items + end, piece);
  });
  json->EndArray();
}

void WriteAnnotations(std::string_view key, const std::vector<std::string>& texts,
                      JsonWriter* json) {
  if (texts.empty()) return;
  json->Key(key);
  json->Strings(texts);
}

}  // namespace

void TruncateResult(uint64_t limit, query::QueryResult* result) {
  if (limit == 0) return;
  bool truncated = false;
  if (auto* vector = std::get_if<query::VectorResult>(&result->value)) {
    truncated = vector->items.size() > limit;
    if (truncated) vector->items.resize(limit);
  } else if (auto* matrix = std::get_if<query::MatrixResult>(&result->value)) {
    truncated = matrix->series.size() > limit;
    if (truncated) matrix->series.resize(limit);
  }
  if (truncated) result->warnings.emplace_back(kTruncated);
}

void WritePrometheusResult(const query::QueryResult& result, query::QueryContext* query,
                           JsonWriter* json) {
  json->Key("resultType");
  if (const auto* scalar = std::get_if<query::ScalarResult>(&result.value)) {
    json->String("scalar");
    json->Key("result");
    json->Separate();
    AppendScalar(scalar->sample, json->out());
  } else if (const auto* text = std::get_if<query::StringResult>(&result.value)) {
    json->String("string");
    json->Key("result");
    json->BeginArray();
    json->Separate();
    query::AppendTimestampSeconds(text->timestamp_ms, true, json->out());
    json->String(text->text);
    json->EndArray();
  } else if (const auto* vector = std::get_if<query::VectorResult>(&result.value)) {
    json->String("vector");
    json->Key("result");
    WriteVector(*vector, query, json);
  } else {
    json->String("matrix");
    json->Key("result");
    const auto* matrix = std::get_if<query::MatrixResult>(&result.value);
    WriteMatrix(matrix != nullptr ? *matrix : query::MatrixResult{}, query, json);
  }
}

void AnswerSuccess(const std::function<void(JsonWriter*)>& write_data,
                   const std::vector<std::string>& warnings, const std::vector<std::string>& infos,
                   HttpResponse* response) {
  response->status = 200;
  response->content_type = kJsonContentType;
  JsonWriter json(&response->body, &response->front);
  json.BeginObject();
  json.Key("status");
  json.String("success");
  json.Key("data");
  write_data(&json);
  WriteAnnotations("warnings", warnings, &json);
  WriteAnnotations("infos", infos, &json);
  json.EndObject();
}

void AnswerLabelSets(const std::vector<storage::LabelSetView>& series,
                     const std::vector<std::string>& warnings, query::QueryContext* query,
                     HttpResponse* response) {
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginArray();
        WriteInPieces(series.size(), kPieceLabelSets, query, json,
                      [&](size_t begin, size_t end, JsonWriter* piece) {
                        LabelJson labels(LabelJson::Escape::kPlain);
                        size_t bytes = 0;
                        for (size_t i = begin; i < end; ++i) {
                          bytes += LabelJson::EstimateBytes(series[i]);
                        }
                        piece->out()->reserve(piece->out()->size() + bytes);
                        for (size_t i = begin; i < end; ++i) {
                          piece->Separate();
                          labels.Append(series[i], piece->out());
                        }
                      });
        json->EndArray();
      },
      warnings, {}, response);
}

void AnswerTexts(std::vector<std::string> texts, uint64_t limit, HttpResponse* response) {
  std::vector<std::string> warnings;
  if (limit > 0 && texts.size() > limit) {
    texts.resize(limit);
    warnings.emplace_back(kTruncated);
  }
  AnswerSuccess([&](JsonWriter* json) { json->Strings(texts); }, warnings, {}, response);
}

void AnswerError(const absl::Status& status, HttpResponse* response) {
  const PrometheusError error = ToPrometheusError(status.code());
  AnswerError(error.status, error.error_type, storage::ToStd(status.message()), response);
}

void AnswerError(int code, std::string_view error_type, std::string_view message,
                 HttpResponse* response) {
  response->status = code;
  response->content_type = kJsonContentType;
  response->body.clear();
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("status");
  json.String("error");
  json.Key("errorType");
  json.String(error_type);
  json.Key("error");
  json.String(message);
  json.EndObject();
}

}  // namespace varve::server
