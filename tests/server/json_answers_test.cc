#include <doctest/doctest.h>

#include <limits>

#include "query/engine/worker_pool.h"
#include "server/loki_json.h"
#include "server/prometheus_json.h"

namespace varve::server {
namespace {

using query::MatrixResult;
using query::QueryResult;
using query::StreamsResult;
using query::VectorResult;
using storage::LabelSet;

std::string Prometheus(const QueryResult& result) {
  HttpResponse response;
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        WritePrometheusResult(result, nullptr, json);
        json->EndObject();
      },
      result.warnings, result.infos, &response);
  return response.body;
}

std::string Loki(const QueryResult& result, bool categorize) {
  HttpResponse response;
  AnswerLokiResult(result, categorize, {.lines = 2, .bytes = 30, .seconds = 0.5}, &response);
  return response.body;
}

constexpr std::string_view kStats =
    R"("stats":{"summary":{"bytesProcessedPerSecond":60,"linesProcessedPerSecond":4,)"
    R"("totalBytesProcessed":30,"totalLinesProcessed":2,"execTime":0.5,"queueTime":0,)"
    R"("totalEntriesReturned":)";

std::string LokiData(std::string_view result, int entries) {
  return std::string(R"({"status":"success","data":{)") + std::string(result) + "," +
         std::string(kStats) + std::to_string(entries) + "}}}}";
}

}  // namespace

TEST_SUITE("server/json_answers") {
  TEST_CASE("each type of result has Prometheus's form") {
    QueryResult result;
    result.value = query::ScalarResult{{4'000, 2}};
    CHECK(Prometheus(result) ==
          R"({"status":"success","data":{"resultType":"scalar","result":[4,"2"]}})");
    result.value = query::StringResult{4'780, "a<b"};
    CHECK(Prometheus(result) ==
          R"({"status":"success","data":{"resultType":"string","result":[4.78,"a\u003cb"]}})");
    VectorResult vector;
    vector.items.push_back({LabelSet{{"__name__", "up"}, {"job", "x"}},
                            {1'500, std::numeric_limits<double>::infinity()}});
    result.value = vector;
    result.warnings = {"w"};
    result.infos = {"i"};
    CHECK(Prometheus(result) ==
          R"({"status":"success","data":{"resultType":"vector","result":[)"
          R"({"metric":{"__name__":"up","job":"x"},"value":[1.500,"+Inf"]}]},)"
          R"("warnings":["w"],"infos":["i"]})");
  }

  TEST_CASE("series of a matrix keep their own times, however they are shared") {
    QueryResult result;
    MatrixResult matrix;
    matrix.series.push_back({LabelSet{{"a", "1"}}, {{1'000, 1}, {2'000, 1e21}}});
    matrix.series.push_back({LabelSet{{"a", "2"}}, {{1'000, 0.1}, {2'500, -0.0}, {3'000, 1e-7}}});
    matrix.series.push_back({LabelSet{}, {}});
    result.value = matrix;
    CHECK(Prometheus(result) ==
          R"({"status":"success","data":{"resultType":"matrix","result":[)"
          R"({"metric":{"a":"1"},"values":[[1,"1"],[2,"1e+21"]]},)"
          R"({"metric":{"a":"2"},"values":[[1,"0.1"],[2.500,"-0"],[3,"1e-07"]]},)"
          R"({"metric":{},"values":[]}]}})");
  }

  TEST_CASE("native histograms have their buckets, without empty ones") {
    auto histogram = std::make_shared<storage::Histogram>();
    histogram->count = 6.5;
    histogram->sum = 1e-7;
    histogram->zero_threshold = 0.25;
    histogram->zero_count = 2;
    histogram->positive_spans = {{0, 2}, {1, 1}};
    histogram->positive_counts = {1, 0, 1.5};
    histogram->negative_spans = {{1, 1}};
    histogram->negative_counts = {2};
    auto custom = std::make_shared<storage::Histogram>();
    custom->schema = storage::kCustomBucketsSchema;
    custom->custom_values = {5};
    custom->positive_spans = {{0, 2}};
    custom->positive_counts = {1, 3};
    const std::string text =
        R"({"count":"6.5","sum":"1e-07","buckets":[[1,"-2","-1","2"],[3,"-0.25","0.25","2"],)"
        R"([0,"0.5","1","1"],[0,"4","8","1.5"]]})";
    const std::string custom_text =
        R"({"count":"0","sum":"0","buckets":[[3,"-Inf","5","1"],[0,"5","+Inf","3"]]})";
    QueryResult result;
    VectorResult vector;
    vector.items.push_back({LabelSet{{"a", "1"}}, {1'500, 0}, histogram});
    vector.items.push_back({LabelSet{}, {1'500, 7}});
    vector.items.push_back({LabelSet{}, {1'500, 0}, std::make_shared<storage::Histogram>()});
    result.value = vector;
    CHECK(Prometheus(result) ==
          R"({"status":"success","data":{"resultType":"vector","result":[)"
          R"({"metric":{"a":"1"},"histogram":[1.500,)" +
              text + R"(]},{"metric":{},"value":[1.500,"7"]},)" +
              R"({"metric":{},"histogram":[1.500,{"count":"0","sum":"0"}]}]}})");
    MatrixResult matrix;
    matrix.series.push_back(
        {LabelSet{{"a", "1"}}, {{1'000, 1}}, {{2'000, histogram}, {3'000, custom}}});
    matrix.series.push_back({LabelSet{}, {}, {{2'000, custom}}});
    result.value = matrix;
    CHECK(Prometheus(result) == R"({"status":"success","data":{"resultType":"matrix","result":[)"
                                R"({"metric":{"a":"1"},"values":[[1,"1"]],"histograms":[[2,)" +
                                    text + "],[3," + custom_text +
                                    R"(]]},{"metric":{},"histograms":[[2,)" + custom_text +
                                    R"(]]}]}})");
  }

  TEST_CASE("a long matrix is the same however many threads write it") {
    MatrixResult matrix;
    for (int s = 0; s < 50; ++s) {
      MatrixResult::Series series;
      series.labels = LabelSet{{"s", std::to_string(s)}};
      for (int i = 0; i < 100 * s; ++i) series.samples.push_back({1'000 * i, i / 3.0});
      matrix.series.push_back(series);
    }
    QueryResult result;
    result.value = matrix;
    query::WorkerPool pool(3);
    query::QueryContext context(query::QueryLimits{}, &pool, nullptr);
    std::string alone, together;
    JsonWriter one(&alone), many(&together);
    WritePrometheusResult(result, nullptr, &one);
    WritePrometheusResult(result, &context, &many);
    CHECK(alone.size() > 1'000'000);
    CHECK(alone == together);
  }

  TEST_CASE("a limit cuts a result and says so") {
    QueryResult result;
    VectorResult vector;
    vector.items.resize(3);
    result.value = vector;
    TruncateResult(3, &result);
    CHECK(result.warnings.empty());
    TruncateResult(2, &result);
    CHECK(std::get<VectorResult>(result.value).items.size() == 2);
    CHECK(result.warnings == std::vector<std::string>{"results truncated due to limit"});
    HttpResponse response;
    AnswerTexts({"a", "b"}, 1, &response);
    CHECK(response.body ==
          R"({"status":"success","data":["a"],"warnings":["results truncated due to limit"]})");
  }

  TEST_CASE("errors carry type and text") {
    HttpResponse response;
    AnswerError(absl::InvalidArgumentError("bad \"x\""), &response);
    CHECK(response.status == 400);
    CHECK(response.body == R"({"status":"error","errorType":"bad_data","error":"bad \"x\""})");
    HttpResponse loki;
    AnswerLokiError(absl::InvalidArgumentError("parse error"), &loki);
    CHECK(loki.status == 400);
    CHECK(loki.body == "parse error\n");
    CHECK(loki.content_type == "text/plain; charset=utf-8");
  }

  TEST_CASE("categorized streams have three elements in each tuple and only indexed labels") {
    StreamsResult streams;
    StreamsResult::Stream stream;
    stream.labels = LabelSet{{"app", "a"}};
    stream.lines.push_back({2, "two <b>", LabelSet{{"level", "info"}}, LabelSet{{"p", "1"}}});
    stream.lines.push_back({1, "one", {}, {}});
    streams.streams.push_back(stream);
    QueryResult result;
    result.value = streams;
    CHECK(Loki(result, true) ==
          LokiData(R"("resultType":"streams","encodingFlags":["categorize-labels"],"result":[)"
                   R"({"stream":{"app":"a"},"values":[["2","two \u003cb\u003e",)"
                   R"({"structuredMetadata":{"level":"info"},"parsed":{"p":"1"}}],)"
                   R"(["1","one",{}]]}])",
                   2));
    CHECK(Loki(result, false) == LokiData(R"("resultType":"streams","result":[)"
                                          R"({"stream":{"app":"a"},"values":[["1","one"]]},)"
                                          R"({"stream":{"app":"a","level":"info","p":"1"},)"
                                          R"("values":[["2","two \u003cb\u003e"]]}])",
                                          2));
  }

  TEST_CASE("lines that come together from several streams keep the order of the query") {
    StreamsResult streams;
    streams.streams.push_back(
        {LabelSet{{"a", "x"}},
         {{9, "9", {}, LabelSet{{"b", "y"}}}, {5, "5", {}, LabelSet{{"b", "y"}}}}});
    streams.streams.push_back({LabelSet{{"a", "x"}, {"b", "y"}}, {{7, "7", {}, {}}}});
    QueryResult result;
    result.value = streams;
    CHECK(Loki(result, false) ==
          LokiData(R"("resultType":"streams","result":[{"stream":{"a":"x","b":"y"},)"
                   R"("values":[["9","9"],["7","7"],["5","5"]]}])",
                   3));
  }

  TEST_CASE("numbers of Loki have no exponents and trimmed times") {
    VectorResult vector;
    vector.items.push_back({LabelSet{}, {4'780, 1e21}});
    QueryResult result;
    result.value = vector;
    CHECK(Loki(result, false) == LokiData(R"("resultType":"vector","result":[{"metric":{},)"
                                          R"("value":[4.78,"1000000000000000000000"]}])",
                                          0));
  }

  TEST_CASE("a scalar of Loki has its time in milliseconds, as Loki writes it") {
    QueryResult result;
    result.value = query::ScalarResult{{4'780, 0.5}};
    CHECK(Loki(result, false) == LokiData(R"("resultType":"scalar","result":[4780,"0.5"])", 0));
  }

  TEST_CASE("empty lists have no data in Loki and an empty array in Prometheus") {
    HttpResponse loki;
    AnswerLokiTexts({}, &loki);
    CHECK(loki.body == R"({"status":"success"})");
    HttpResponse prometheus;
    AnswerTexts({}, 0, &prometheus);
    CHECK(prometheus.body == R"({"status":"success","data":[]})");
  }
}

}  // namespace varve::server
