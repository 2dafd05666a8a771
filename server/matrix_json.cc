#include "server/matrix_json.h"

#include <string>
#include <vector>

#include "server/json_pieces.h"
#include "server/label_json.h"
#include "server/sample_json.h"

namespace varve::server {
namespace {

// About what a point and the labels of a series take; so that a long answer is not moved while it
// grows.
constexpr size_t kPointBytes = 40;
constexpr size_t kSeriesBytes = 200;
// Writing a point takes about 30 ns; pieces of this many points are worth another thread.
constexpr size_t kPiecePointsMin = 8192;
constexpr size_t kHistogramPoints = 32;  // what a histogram counts for

using MatrixSeries = query::MatrixResult::Series;

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
  SampleTimes times;
  LabelJson labels(LabelJson::Escape::kHtml);
  std::string& out = *json->out();
  size_t bytes = 0;
  for (const MatrixSeries* series = begin; series != end; ++series) {
    bytes += kSeriesBytes + series->samples.size() * kPointBytes;
  }
  out.reserve(out.size() + bytes);
  for (const MatrixSeries* series = begin; series != end; ++series) {
    json->BeginObject();
    json->Key("metric");
    json->Separate();
    labels.Append(series->labels, &out);
    // A series has values, histograms or both; one without points does not come to pass.
    if (!series->samples.empty() || series->histograms.empty()) {
      json->Key("values");
      json->Separate();
      times.AppendSamples(series->samples, &out);
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

}  // namespace

void WriteMatrix(const query::MatrixResult& matrix, query::QueryContext* query, JsonWriter* json) {
  const MatrixSeries* const series = matrix.series.data();
  json->BeginArray();
  WriteInPieces(CutIntoPieces(matrix.series), query, json,
                [&](size_t begin, size_t end, JsonWriter* piece) {
                  WriteSeries(series + begin, series + end, piece);
                });
  json->EndArray();
}

}  // namespace varve::server
