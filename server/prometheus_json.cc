#include "server/prometheus_json.h"

#include <utility>

#include "query/engine/histogram_buckets.h"
#include "query/engine/number_format.h"
#include "server/http_status.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

constexpr std::string_view kTruncated = "results truncated due to limit";

void AppendSample(const storage::Sample& sample, std::string* out) {
  out->push_back('[');
  query::AppendTimestampSeconds(sample.timestamp_ms, false, out);
  *out += ",\"";
  query::AppendJsonFloat(sample.value, out);
  *out += "\"]";
}

// Prometheus writes scalars with its general encoder: no zeros after a fraction, and no exponents.
void AppendScalar(const storage::Sample& sample, std::string* out) {
  out->push_back('[');
  query::AppendTimestampSeconds(sample.timestamp_ms, true, out);
  *out += ",\"";
  query::AppendFloat(sample.value, out);
  *out += "\"]";
}

// The series of a range query have their points at the same steps. Each step's time is formatted
// once, for the first series that has it at that place, and copied for the others.
class TimeTexts {
 public:
  // Appends `[<time>,"` for the sample at `place` of a series.
  void Append(size_t place, int64_t time_ms, std::string* out) {
    if (place >= texts_.size()) texts_.resize(place + 1);
    Text& text = texts_[place];
    if (text.length == 0 || text.time_ms != time_ms) {
      buffer_.assign("[");
      query::AppendTimestampSeconds(time_ms, false, &buffer_);
      buffer_ += ",\"";
      if (buffer_.size() > sizeof(text.bytes)) {
        out->append(buffer_);
        return;
      }
      text.time_ms = time_ms;
      text.length = static_cast<uint8_t>(buffer_.copy(text.bytes, buffer_.size()));
    }
    out->append(text.bytes, text.length);
  }

 private:
  struct Text {
    int64_t time_ms = 0;
    uint8_t length = 0;
    char bytes[31];
  };
  std::vector<Text> texts_;
  std::string buffer_;
};

void AppendQuotedFloat(double value, std::string* out) {
  out->push_back('"');
  query::AppendJsonFloat(value, out);
  out->push_back('"');
}

// {"count":"3","sum":"1.5","buckets":[[rule,"lower","upper","count"],...]} without empty buckets.
// The rule says which bounds are in the bucket: 0 the upper one, 1 the lower one, 2 none, 3 both.
void AppendHistogram(const storage::Histogram& histogram, std::string* out) {
  *out += "{\"count\":";
  AppendQuotedFloat(histogram.count, out);
  *out += ",\"sum\":";
  AppendQuotedFloat(histogram.sum, out);
  std::vector<query::BoundedBucket> buckets;
  query::AppendBuckets(histogram, &buckets);
  bool any = false;
  for (const query::BoundedBucket& bucket : buckets) {
    if (bucket.count == 0) continue;
    *out += any ? ",[" : ",\"buckets\":[[";
    any = true;
    const int rule = bucket.lower_inclusive ? (bucket.upper_inclusive ? 3 : 1)
                                            : (bucket.upper_inclusive ? 0 : 2);
    out->push_back(static_cast<char>('0' + rule));
    for (const double number : {bucket.lower, bucket.upper, bucket.count}) {
      out->push_back(',');
      AppendQuotedFloat(number, out);
    }
    out->push_back(']');
  }
  *out += any ? "]}" : "}";
}

void AppendHistogramSample(int64_t timestamp_ms, const storage::Histogram& histogram,
                           std::string* out) {
  out->push_back('[');
  query::AppendTimestampSeconds(timestamp_ms, false, out);
  out->push_back(',');
  AppendHistogram(histogram, out);
  out->push_back(']');
}

void WriteVector(const query::VectorResult& vector, JsonWriter* json) {
  json->BeginArray();
  for (const query::VectorResult::Item& item : vector.items) {
    json->BeginObject();
    json->Key("metric");
    json->PlainLabels(item.labels);
    json->Key(item.histogram == nullptr ? "value" : "histogram");
    json->Separate();
    if (item.histogram == nullptr) {
      AppendSample(item.sample, json->out());
    } else {
      AppendHistogramSample(item.sample.timestamp_ms, *item.histogram, json->out());
    }
    json->EndObject();
  }
  json->EndArray();
}

// About what a point and the labels of a series take; so that a long answer is not moved while it
// grows.
constexpr size_t kPointBytes = 28;
constexpr size_t kSeriesBytes = 200;
// Formatting a number takes about 60 ns; pieces of this many points are worth another thread.
constexpr size_t kPiecePointsMin = 8192;
constexpr size_t kHistogramPoints = 32;  // what a histogram counts for

using MatrixSeries = query::MatrixResult::Series;

void AppendValues(const MatrixSeries& series, TimeTexts* times, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < series.samples.size(); ++i) {
    if (i > 0) out->push_back(',');
    times->Append(i, series.samples[i].timestamp_ms, out);
    query::AppendJsonFloat(series.samples[i].value, out);
    *out += "\"]";
  }
  out->push_back(']');
}

void AppendHistograms(const MatrixSeries& series, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < series.histograms.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendHistogramSample(series.histograms[i].timestamp_ms, *series.histograms[i].histogram, out);
  }
  out->push_back(']');
}

// The series [begin, end), with commas between them.
void WriteSeries(const MatrixSeries* begin, const MatrixSeries* end, JsonWriter* json) {
  TimeTexts times;
  std::string& out = *json->out();
  size_t bytes = 0;
  for (const MatrixSeries* series = begin; series != end; ++series) {
    bytes += kSeriesBytes + series->samples.size() * kPointBytes;
  }
  out.reserve(out.size() + bytes);
  for (const MatrixSeries* series = begin; series != end; ++series) {
    json->BeginObject();
    json->Key("metric");
    json->Labels(series->labels);
    // A series has values, histograms or both; one without points does not come to pass.
    if (!series->samples.empty() || series->histograms.empty()) {
      json->Key("values");
      json->Separate();
      AppendValues(*series, &times, &out);
    }
    if (!series->histograms.empty()) {
      json->Key("histograms");
      json->Separate();
      AppendHistograms(*series, &out);
    }
    json->EndObject();
  }
}

// Where the pieces end that the series are cut into for several threads.
std::vector<size_t> CutIntoPieces(const std::vector<MatrixSeries>& series) {
  std::vector<size_t> ends;
  size_t points = 0;
  for (size_t i = 0; i < series.size(); ++i) {
    points += series[i].samples.size() + series[i].histograms.size() * kHistogramPoints;
    if (points < kPiecePointsMin) continue;
    ends.push_back(i + 1);
    points = 0;
  }
  if (ends.empty() || ends.back() != series.size()) ends.push_back(series.size());
  return ends;
}

void WriteMatrix(const query::MatrixResult& matrix, query::QueryContext* query, JsonWriter* json) {
  const std::vector<MatrixSeries>& series = matrix.series;
  json->BeginArray();
  const std::vector<size_t> ends = CutIntoPieces(series);
  if (query == nullptr || ends.size() == 1) {
    WriteSeries(series.data(), series.data() + series.size(), json);
    json->EndArray();
    return;
  }
  std::vector<std::string> pieces(ends.size());
  const absl::Status status = query->ParallelFor(ends.size(), [&](size_t i) {
    JsonWriter piece(&pieces[i]);
    WriteSeries(series.data() + (i == 0 ? 0 : ends[i - 1]), series.data() + ends[i], &piece);
    return absl::OkStatus();
  });
  static_cast<void>(status);  // the tasks cannot fail
  size_t bytes = 0;
  for (const std::string& piece : pieces) bytes += piece.size() + 1;
  json->out()->reserve(json->out()->size() + bytes + kSeriesBytes);
  for (std::string& piece : pieces) {
    json->Raw(piece);
    piece = {};
  }
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
    WriteVector(*vector, json);
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
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("status");
  json.String("success");
  json.Key("data");
  write_data(&json);
  WriteAnnotations("warnings", warnings, &json);
  WriteAnnotations("infos", infos, &json);
  json.EndObject();
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
