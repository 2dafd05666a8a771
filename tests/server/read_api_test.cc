// Remote read, federation and exemplars over a real socket.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/remote_read/read_response.h"
#include "storage/model/sample.h"
#include "tests/ingest/wire_writer.h"
#include "tests/server/server_fixture.h"

namespace varve::server {
namespace {

using namespace ingest::wire;  // NOLINT: the words of the messages

std::string Series(const std::string& name, const std::string& job,
                   const std::vector<std::pair<int64_t, double>>& samples) {
  std::string series = Label("__name__", name) + Label("job", job);
  for (const auto& [time_ms, value] : samples) series += SampleField(value, time_ms);
  return Field(1, series);
}
std::string Uncompressed(const std::string& body) {
  std::string plain;
  REQUIRE(snappy::Uncompress(body.data(), body.size(), &plain));
  return plain;
}
int64_t NowMilliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

constexpr const char* kReadHeaders =
    "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n"
    "Accept-Encoding: gzip\r\n";

}  // namespace

TEST_SUITE("server/read_api") {
  TEST_CASE("remote read: samples of each query, sorted by series") {
    const TemporaryFolder folder;
    ServerFixture fixture(folder.path());
    REQUIRE(fixture
                .WriteSamples(Series("up", "b", {{1000, 1}, {2000, 2}}) +
                              Series("up", "a", {{1000, 3}, {3000, 4}}) +
                              Series("down", "a", {{1000, 5}}))
                .status == 204);
    const std::string up = Field(3, Field(2, "__name__") + Field(3, "up"));
    const std::string query = Field(1, Number(1, 1000) + Number(2, 2000) + up) +
                              Field(1, Number(1, 5000) + Number(2, 6000) + up);
    RawResponse response = fixture.Post("/api/v1/read", Snappy(query), kReadHeaders);
    CHECK(response.status == 200);
    CHECK(response.Header("Content-Encoding") == "snappy");
    CHECK(response.Header("Content-Type") == "application/x-protobuf");
    CHECK(Uncompressed(response.body) ==
          Field(1, Series("up", "a", {{1000, 3}}) + Series("up", "b", {{1000, 1}, {2000, 2}})) +
              Field(1, ""));
    response = fixture.Post("/api/v1/read", Snappy(query + Number(2, 1)), kReadHeaders);
    CHECK(response.status == 200);
    CHECK(response.Header("Content-Type") ==
          "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
    CHECK(response.Header("Content-Encoding").empty());
    CHECK(response.body.size() > 100);
    CHECK(fixture.Post("/api/v1/read", "no snappy", kReadHeaders).status == 400);
    CHECK(fixture.Post("/api/v1/read", Snappy("no message"), kReadHeaders).status == 400);
    CHECK(fixture.Get("/api/v1/read").status == 405);
  }

  TEST_CASE("remote read: a long stream comes piece by piece, whole and in order") {
    const TemporaryFolder folder;
    ServerFixture fixture(folder.path());
    // 40 series of five days; frames of about 1 MiB together.
    constexpr int64_t kStepMs = 60'000;
    constexpr int64_t kSamples = 5 * 24 * 60;
    for (int series = 0; series < 40; ++series) {
      std::vector<std::pair<int64_t, double>> samples;
      for (int64_t i = 0; i < kSamples; ++i) {
        samples.emplace_back(i * kStepMs + series, static_cast<double>(i) * 0.37 + series);
      }
      REQUIRE(fixture.WriteSamples(Series("up", std::to_string(100 + series), samples)).status ==
              204);
    }
    const std::string up = Field(3, Field(2, "__name__") + Field(3, "up"));
    const std::string query = Field(1, Number(1, 0) + Number(2, kSamples * kStepMs) + up);
    const RawResponse response =
        fixture.Post("/api/v1/read", Snappy(query + Number(2, 1)), kReadHeaders);
    CHECK(response.status == 200);
    CHECK(response.Header("Transfer-Encoding") == "chunked");
    CHECK(response.whole);
    CHECK(response.body.size() > kReadFrameBytesMax * 3 / 2);
    size_t frames = 0;
    std::string series;
    for (std::string_view rest = response.body; !rest.empty(); ++frames) {
      uint64_t length = 0;
      for (int shift = 0;; shift += 7) {
        const auto byte = static_cast<unsigned char>(rest.front());
        rest.remove_prefix(1);
        length |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      REQUIRE(rest.size() >= length + 4);
      const std::string_view frame = rest.substr(4, length);
      const size_t at = frame.find("job");
      REQUIRE(at != std::string_view::npos);
      const std::string job(frame.substr(at + 5, 3));
      CHECK(job >= series);
      series = job;
      rest.remove_prefix(length + 4);
    }
    CHECK(frames == 40);
    CHECK(series == "139");
  }

  TEST_CASE("remote read: a long message is the same in pieces as made at once") {
    const TemporaryFolder folder;
    ServerFixture fixture(folder.path());
    // Neither series nor results end where pieces or fragments do.
    constexpr int64_t kSamples = 40'000;
    std::string all;
    for (int series = 0; series < 12; ++series) {
      std::vector<std::pair<int64_t, double>> samples;
      for (int64_t i = 0; i < kSamples - 371 * series; ++i) {
        samples.emplace_back(i * 1000, static_cast<double>(i % 977) * 0.37 + series);
      }
      const std::string one = Series("up", std::to_string(100 + series), samples);
      REQUIRE(fixture.WriteSamples(one).status == 204);
      all += one;
    }
    const std::string up = Field(3, Field(2, "__name__") + Field(3, "up"));
    const std::string whole = Field(1, Number(1, 0) + Number(2, kSamples * 1000) + up);
    const std::string none = Field(1, Number(1, kSamples * 1000) + Number(2, 0) + up);
    const RawResponse response =
        fixture.Post("/api/v1/read", Snappy(whole + none + whole), kReadHeaders);
    CHECK(response.status == 200);
    CHECK(response.Header("Content-Encoding") == "snappy");
    CHECK(response.Header("Transfer-Encoding") == "chunked");
    CHECK(response.whole);
    const std::string expected = Field(1, all) + Field(1, "") + Field(1, all);
    REQUIRE(expected.size() > 12 << 20);
    CHECK(Uncompressed(response.body) == expected);
  }

  TEST_CASE("remote read: more samples than may be are refused before any is sent") {
    const TemporaryFolder folder;
    ServerFixture fixture(folder.path(), false,
                          [](ServerOptions* options) { options->remote_read_samples_max = 3; });
    REQUIRE(fixture
                .WriteSamples(Series("up", "a", {{1000, 3}, {2000, 4}}) +
                              Series("up", "b", {{1000, 1}, {2000, 2}}))
                .status == 204);
    const std::string up = Field(3, Field(2, "__name__") + Field(3, "up"));
    const auto read = [&](int64_t end_ms, const std::string& more) {
      return fixture.Post(
          "/api/v1/read",
          Snappy(Field(1, Number(1, 0) + Number(2, static_cast<uint64_t>(end_ms)) + up) + more),
          kReadHeaders);
    };
    CHECK(read(1000, "").status == 200);
    const RawResponse refused = read(2000, "");
    CHECK(refused.status == 400);
    CHECK(refused.body == "exceeded sample limit (3)\n");
    CHECK(read(2000, Number(2, 1)).status == 200);  // the streamed answer has no such limit
  }

  TEST_CASE("federation: the newest sample of each series, no stale ones, none without match[]") {
    const TemporaryFolder folder;
    ServerFixture fixture(folder.path());
    const int64_t now_ms = NowMilliseconds();
    REQUIRE(fixture
                .WriteSamples(Series("up", "b", {{now_ms - 3000, 1}, {now_ms - 1000, 2}}) +
                              Series("Up", "b", {{now_ms - 2000, 7}}) +
                              Series("up", "a", {{now_ms - 2000, 3}}) +
                              Series("up", "old", {{now_ms - 600'000, 3}}) +
                              Series("up", "ended",
                                     {{now_ms - 2000, 1}, {now_ms - 1000, storage::StaleMarker()}}))
                .status == 204);
    const RawResponse response = fixture.Get("/federate?match[]=up&match[]=%7Bjob%3D%22b%22%7D");
    CHECK(response.status == 200);
    CHECK(response.body == "# TYPE Up untyped\nUp{job=\"b\",instance=\"\"} 7 " +
                               std::to_string(now_ms - 2000) +
                               "\n# TYPE up untyped\nup{job=\"a\",instance=\"\"} 3 " +
                               std::to_string(now_ms - 2000) + "\nup{job=\"b\",instance=\"\"} 2 " +
                               std::to_string(now_ms - 1000) + "\n");
    CHECK(fixture.Get("/federate").body.empty());
    CHECK(fixture.Get("/federate?match[]=%7B").status == 400);
  }

  TEST_CASE("search: names in batches, and how it ended") {
    const TemporaryFolder folder;
    ServerFixture fixture(folder.path());
    REQUIRE(fixture
                .WriteSamples(Series("up", "b", {{1000, 1}}) + Series("uptime", "a", {{1000, 1}}) +
                              Series("down", "a", {{1000, 1}}) +
                              Field(3, Number(1, 2) + Field(2, "up") + Field(4, "Is up.")))
                .status == 204);
    const std::string range = "&start=0&end=2";
    const RawResponse response = fixture.Get(
        "/api/v1/search/metric_names?search[]=up&include_metadata=true&batch_size=1" + range);
    CHECK(response.Header("Content-Type") == "application/x-ndjson; charset=utf-8");
    CHECK(response.body == R"({"results":[{"name":"up","type":"gauge","help":"Is up."}]})"
                           "\n"
                           R"({"results":[{"name":"uptime"}]})"
                           "\n"
                           R"({"status":"success","has_more":false})"
                           "\n");
    CHECK(fixture.Get("/api/v1/search/label_names?limit=1" + range).body ==
          R"({"results":[{"name":"__name__"}]})"
          "\n"
          R"({"status":"success","has_more":true})"
          "\n");
    CHECK(fixture
              .Post("/api/v1/search/label_values",
                    "label=job&search[]=b&include_score=true&match[]=up" + range,
                    "Content-Type: application/x-www-form-urlencoded\r\n")
              .body == R"({"results":[{"name":"b","score":1}]})"
                       "\n"
                       R"({"status":"success","has_more":false})"
                       "\n");
    CHECK(fixture.Get("/api/v1/search/metric_names?search[]=zzz" + range).body ==
          R"({"results":[]})"
          "\n"
          R"({"status":"success","has_more":false})"
          "\n");
    CHECK(fixture.Get("/api/v1/search/label_values").status == 400);
  }

  TEST_CASE("exemplars: Grafana's probe, wrong parameters, expressions without selectors") {
    const TemporaryFolder folder;
    ServerFixture fixture(folder.path());
    constexpr const char* kNone = R"({"status":"success","data":[]})";
    CHECK(fixture.Get("/api/v1/query_exemplars?query=test&start=1795132800000&end=1795136400000")
              .body == kNone);
    CHECK(fixture.Get("/api/v1/query_exemplars?query=1%2B1").status == 204);
    CHECK(fixture
              .Post("/api/v1/query_exemplars", "query=up",
                    "Content-Type: application/x-www-form-urlencoded\r\n")
              .body == kNone);
    CHECK(fixture.Get("/api/v1/query_exemplars?query=up&start=2&end=1").body ==
          R"({"status":"error","errorType":"bad_data",)"
          R"("error":"end timestamp must not be before start timestamp"})");
    CHECK(fixture.Get("/api/v1/query_exemplars?query=up&start=x").status == 400);
    CHECK(fixture.Get("/api/v1/query_exemplars?query=up(").status == 400);
  }
}

}  // namespace varve::server
