#include "server/server.h"

#include <doctest/doctest.h>

#include <atomic>
#include <bit>
#include <thread>
#include <vector>

#include "server/api_context.h"
#include "tests/server/server_fixture.h"

namespace varve::server {
namespace {

using Fixture = ServerFixture;

// Protobuf, by hand: fields of the WriteRequest message.
std::string Varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
  return out;
}
std::string Bytes(int field, const std::string& value) {
  return Varint(static_cast<uint64_t>(field) << 3 | 2) + Varint(value.size()) + value;
}
std::string Series(const std::vector<std::pair<std::string, std::string>>& labels,
                   const std::vector<std::pair<int64_t, double>>& samples) {
  std::string series;
  for (const auto& [name, value] : labels) series += Bytes(1, Bytes(1, name) + Bytes(2, value));
  for (const auto& [time_ms, value] : samples) {
    std::string bits(8, '\0');
    for (size_t i = 0; i < 8; ++i) {
      bits[i] = static_cast<char>(std::bit_cast<uint64_t>(value) >> (8 * i));
    }
    series += Bytes(
        2, Varint(1 << 3 | 1) + bits + Varint(2 << 3) + Varint(static_cast<uint64_t>(time_ms)));
  }
  return Bytes(1, series);
}

constexpr std::string_view kPush =
    R"({"streams":[{"stream":{"app":"shop","service_name":"s"},"values":[)"
    R"(["1795132800000000001","level=info a=1 <x>",{"trace":"t1"}],)"
    R"(["1795132800000000002","level=error a=2"]]}]})";

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("server/server") {
  TEST_CASE("samples that were written are answered, also after a restart") {
    const TemporaryFolder folder;
    for (int run = 0; run < 2; ++run) {
      Fixture fixture(folder.path());
      if (run == 0) {
        CHECK(fixture
                  .WriteSamples(
                      Series({{"__name__", "up"}, {"job", "a"}}, {{1'000'000, 1}, {1'015'000, 2}}) +
                      Series({{"__name__", "up"}, {"job", "b"}}, {{1'000'000, 5}}))
                  .status == 204);
      }
      CHECK(fixture.Get("/api/v1/query?query=up&time=1000").body ==
            R"({"status":"success","data":{"resultType":"vector","result":[)"
            R"({"metric":{"__name__":"up","job":"a"},"value":[1000,"1"]},)"
            R"({"metric":{"__name__":"up","job":"b"},"value":[1000,"5"]}]}})");
      CHECK(fixture.Get("/api/v1/query_range?query=sum(up)&start=1000&end=1015&step=15").body ==
            R"({"status":"success","data":{"resultType":"matrix","result":[)"
            R"({"metric":{},"values":[[1000,"6"],[1015,"7"]]}]}})");
      CHECK(fixture
                .Post("/api/v1/query?time=1000", "query=1%2B1",
                      "Content-Type: application/x-www-form-urlencoded\r\n")
                .body ==
            R"({"status":"success","data":{"resultType":"scalar","result":[1000,"2"]}})");
      CHECK(fixture.Get("/api/v1/labels").body ==
            R"({"status":"success","data":["__name__","job"]})");
      CHECK(fixture.Get("/api/v1/label/U__job/values?limit=1").body ==
            R"({"status":"success","data":["a"],"warnings":["results truncated due to limit"]})");
      CHECK(fixture.Get("/api/v1/series?match[]=up&match[]={job=%22b%22}").body ==
            R"({"status":"success","data":[{"__name__":"up","job":"a"},)"
            R"({"__name__":"up","job":"b"}]})");
    }
  }

  TEST_CASE("log lines that were pushed are answered, with the kinds of labels apart if asked") {
    const TemporaryFolder folder;
    Fixture fixture(folder.path());
    CHECK(fixture.PushLogs(std::string(kPush)).status == 204);
    const std::string range = "&start=1795132800000000000&end=1795132801000000000";
    RawResponse response =
        fixture.Get("/loki/api/v1/query_range?query=%7Bapp=%22shop%22%7D%7C=%22a=1%22" + range,
                    "X-Loki-Response-Encoding-Flags: categorize-labels\r\n");
    CHECK(response.status == 200);
    CHECK(
        Contains(response.body,
                 R"("data":{"resultType":"streams","encodingFlags":["categorize-labels"],)"
                 R"("result":[{"stream":{"app":"shop","service_name":"s"},"values":[)"
                 R"(["1795132800000000001","level=info a=1 \u003cx\u003e",)"
                 R"({"structuredMetadata":{"detected_level":"info","trace":"t1"}}]]}],"stats":)"));
    response = fixture.Get("/loki/api/v1/query_range?query=%7Bapp=%22shop%22%7D" + range);
    CHECK(Contains(response.body, R"({"stream":{"app":"shop","detected_level":"error",)"
                                  R"("service_name":"s"},"values":[["1795132800000000002",)"));
    response = fixture.Get(
        "/loki/api/v1/query?query=sum(count_over_time(%7Bapp=%22shop%22%7D[5m]))&time=1795132801");
    CHECK(Contains(response.body, R"("result":[{"metric":{},"value":[1795132801,"2"]}])"));
    CHECK(fixture.Get("/loki/api/v1/labels?start=1795132800&end=1795132801").body ==
          R"({"status":"success","data":["app","service_name"]})");
    CHECK(fixture.Get("/loki/api/v1/label/nosuch/values?start=1795132800&end=1795132801").body ==
          R"({"status":"success"})");
    CHECK(fixture.Get("/loki/api/v1/series?start=1795132800&end=1795132801").body ==
          R"({"status":"success","data":[{"app":"shop","service_name":"s"}]})");
    response = fixture.Get(
        "/loki/api/v1/index/stats?query=%7Bapp=%22shop%22%7D&start=1795132800&end=1795132801");
    CHECK(Contains(response.body, R"({"streams":1,)"));
    CHECK(Contains(response.body, R"("entries":2})"));
  }

  TEST_CASE("the health checks of Grafana's data sources get what they look for") {
    const TemporaryFolder folder;
    Fixture fixture(folder.path());
    CHECK(fixture.Get("/api/v1/query?query=1%2B1&time=4").body ==
          R"({"status":"success","data":{"resultType":"scalar","result":[4,"2"]}})");
    CHECK(Contains(fixture
                       .Get("/loki/api/v1/query?query=vector(1)%2Bvector(1)&direction=backward"
                            "&time=4000000000")
                       .body,
                   R"("result":[{"metric":{},"value":[4000000000,"2"]}],"stats":{)"));
    CHECK(fixture.Get("/api/v1/query_exemplars?query=test&start=1735689600000&end=1735689700000")
              .body == R"({"status":"success","data":[]})");
    const RawResponse build_info = fixture.Get("/api/v1/status/buildinfo");
    CHECK(Contains(build_info.body, R"("goVersion":)"));
    CHECK_FALSE(Contains(build_info.body, "features"));
    CHECK(fixture.Get("/prometheus/api/v1/rules").body ==
          R"({"status":"success","data":{"groups":[]}})");
    CHECK(fixture.Get("/api/v1/rules").body == R"({"status":"success","data":{"groups":[]}})");
    CHECK(fixture.Get("/api/v1/metadata?limit=40000").body == R"({"status":"success","data":{}})");
    const RawResponse missing = fixture.Get("/api/prom/rules/test/test");
    CHECK(missing.status == 404);
    CHECK(Contains(missing.body, "page not found"));
    CHECK(fixture.Get("/loki/api/v1/drilldown-limits").status == 200);
  }

  TEST_CASE("wrong requests are answered in the words of the API they came to") {
    const TemporaryFolder folder;
    Fixture fixture(folder.path());
    RawResponse response = fixture.Get("/api/v1/query?query=sum(");
    CHECK(response.status == 400);
    CHECK(Contains(response.body, R"({"status":"error","errorType":"bad_data","error":)"
                                  R"("invalid parameter \"query\": 1:5: parse error: )"));
    response = fixture.Get("/api/v1/series");
    CHECK(response.status == 400);
    CHECK(Contains(response.body, "no match[] parameter provided"));
    response = fixture.Get("/loki/api/v1/query_range?query=%7B");
    CHECK(response.status == 400);
    CHECK(response.Header("Content-Type") == "text/plain; charset=utf-8");
    CHECK(Contains(response.body, "parse error at line 1, col 2"));
    CHECK(fixture.Get("/loki/api/v1/query?query=%7Ba=%22b%22%7D").status == 400);
    CHECK(fixture.Post("/api/v1/write", "not snappy").status == 400);
    CHECK(fixture.PushLogs("{").status == 400);
    CHECK(fixture
              .Post("/api/v1/write", "",
                    "Content-Type: application/x-protobuf;proto=io.unknown.Request\r\n")
              .status == 415);
    CHECK(fixture.Get("/api/v1/write?get_vm_proto_version=1").body == "1\n");
  }

  TEST_CASE("what a batch has wrong is named and the rest of it stored") {
    const TemporaryFolder folder;
    Fixture fixture(folder.path());
    const std::string good = Series({{"__name__", "good"}}, {{1000, 1}});
    const RawResponse response =
        fixture.WriteSamples(good + Series({{"job", "nameless"}}, {{1000, 1}}));
    CHECK(response.status == 400);
    CHECK(Contains(response.body, "1 of 2 samples rejected: "));
    CHECK(Contains(fixture.Get("/api/v1/query?query=good&time=1").body, R"([1,"1"])"));
    CHECK(fixture.WriteSamples(good).status == 204);  // the same again is no error
    CHECK(fixture.WriteSamples(Series({{"__name__", "good"}}, {{1000, 2}})).status == 400);
    CHECK(Contains(fixture.Get("/metrics").body, "varve_rejected_total{signal=\"metrics\""));
  }

  TEST_CASE("probes and pages for operators are there") {
    const TemporaryFolder folder;
    Fixture fixture(folder.path());
    CHECK(fixture.Get("/-/ready").body == "Varve is Ready.\n");
    CHECK(fixture.Get("/-/healthy").body == "Varve is Healthy.\n");
    CHECK(fixture.Get("/ready").body == "ready\n");
    CHECK(Contains(fixture.Get("/version").body, R"({"version":"0.)"));
    const std::string metrics = fixture.Get("/metrics").body;
    for (const char* name : {"varve_build_info{", "prometheus_ready 1", "varve_head_series 0",
                             "process_resident_memory_bytes ", "varve_http_connections "}) {
      INFO(name);
      CHECK(Contains(metrics, name));
    }
    CHECK(Contains(fixture.Get("/api/v1/status/tsdb").body, R"("headStats":{"numSeries":0,)"));
    CHECK(Contains(fixture.Get("/api/v1/status/runtimeinfo").body, R"("startTime":")"));
    CHECK(fixture.Get("/").status == 200);
  }

  TEST_CASE("administration is off unless it was switched on") {
    const TemporaryFolder folder;
    {
      Fixture fixture(folder.path());
      const RawResponse response = fixture.Post("/api/v1/admin/tsdb/compact", "");
      CHECK(response.status == 500);
      CHECK(Contains(response.body, R"("errorType":"unavailable","error":"admin APIs disabled")"));
    }
    Fixture fixture(folder.path(), true);
    CHECK(fixture.WriteSamples(Series({{"__name__", "up"}}, {{1000, 1}})).status == 204);
    CHECK(fixture.Post("/api/v1/admin/tsdb/compact", "").status == 204);
    CHECK(Contains(fixture.Get("/api/v1/query?query=up&time=1").body, R"([1,"1"])"));
  }

  TEST_CASE("many clients write and read at once, and nothing acknowledged is lost") {
    const TemporaryFolder folder;
    constexpr int kClients = 6;
    constexpr int kRounds = 20;
    std::atomic<int> samples_acknowledged{0};
    std::atomic<int> lines_acknowledged{0};
    {
      Fixture fixture(folder.path(), true);
      std::vector<std::thread> clients;
      for (int c = 0; c < kClients; ++c) {
        clients.emplace_back([&, c] {
          const std::string name = "client" + std::to_string(c);
          for (int i = 0; i < kRounds; ++i) {
            const int64_t time_ms = 1'795'132'800'000 + i;
            const RawResponse written = fixture.WriteSamples(
                Series({{"__name__", "m"}, {"client", name}}, {{time_ms, double(i)}}));
            if (written.status == 204) ++samples_acknowledged;
            const RawResponse pushed = fixture.PushLogs(
                R"({"streams":[{"stream":{"client":")" + name + R"("},"values":[[")" +
                std::to_string(time_ms * 1'000'000) + R"(","line"]]}]})");
            if (pushed.status == 204) ++lines_acknowledged;
            if (i % 5 == c % 5) fixture.Get("/api/v1/query?query=count(m)&time=1795132801");
            if (i == c) fixture.Post("/api/v1/admin/tsdb/flush", "");
          }
        });
      }
      for (std::thread& client : clients) client.join();
    }
    CHECK(samples_acknowledged.load() == kClients * kRounds);
    CHECK(lines_acknowledged.load() == kClients * kRounds);
    Fixture fixture(folder.path());
    const std::string all = "\"" + std::to_string(kClients * kRounds) + "\"]";
    CHECK(Contains(
        fixture.Get("/api/v1/query?query=sum(count_over_time(m[1m]))&time=1795132801").body, all));
    CHECK(Contains(fixture
                       .Get("/loki/api/v1/query?query=sum(count_over_time(%7Bclient=~%22.%2B%22%7D"
                            "[1m]))&time=1795132801")
                       .body,
                   all));
  }

  TEST_CASE("hundreds of queries that come at once are all answered, on four threads or more") {
    const TemporaryFolder folder;
    Fixture fixture(folder.path());
    REQUIRE(fixture.WriteSamples(Series({{"__name__", "up"}, {"job", "a"}}, {{1000, 1}, {2000, 2}}))
                .status == 204);
    constexpr size_t kClients = 400;  // both ends count as files of this process
    std::vector<std::unique_ptr<RawClient>> clients;
    for (size_t i = 0; i < kClients; ++i) {
      clients.push_back(std::make_unique<RawClient>(fixture.address()));
    }
    for (const auto& client : clients) {
      client->Send(
          "GET /api/v1/query_range?query=rate(up[5m])&start=0&end=100&step=1 HTTP/1.1\r\n"
          "Host: x\r\n\r\n");
    }
    size_t answered = 0;
    for (const auto& client : clients) answered += client->Read().status == 200;
    CHECK(answered == kClients);
  }

  TEST_CASE("a folder that another server has is refused") {
    const TemporaryFolder folder;
    Fixture fixture(folder.path());
    const auto second = Server::Start(fixture.options(), fixture.logger());
    REQUIRE_FALSE(second.ok());
    CHECK(second.status().code() == absl::StatusCode::kFailedPrecondition);
  }
}

}  // namespace varve::server
