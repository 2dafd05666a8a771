#include "server/write_api.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/ingest/wire_writer.h"
#include "tests/server/server_fixture.h"

namespace varve::server {
namespace {

using namespace ingest::wire;  // NOLINT: the words of the messages

constexpr const char* kHeaders2 =
    "Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request\r\n"
    "Content-Encoding: snappy\r\nX-Prometheus-Remote-Write-Version: 2.0.0\r\n";

std::string Symbols() {
  std::string out = Field(4, "");
  for (const char* symbol : {"__name__", "up", "job", "a", "\xff", "Help.", "s"}) {
    out += Field(4, symbol);
  }
  return out;
}
std::string Series(std::initializer_list<uint64_t> refs, const std::string& fields) {
  return Field(5, PackedRefs(1, refs) + fields);
}

RawResponse Write2(ServerFixture* fixture, const std::string& message) {
  return fixture->Post("/api/v1/write", Snappy(message), kHeaders2);
}
// "samples histograms exemplars" as the headers of the answer say.
std::string Written(const RawResponse& response) {
  return response.Header("X-Prometheus-Remote-Write-Samples-Written") + " " +
         response.Header("X-Prometheus-Remote-Write-Histograms-Written") + " " +
         response.Header("X-Prometheus-Remote-Write-Exemplars-Written");
}

}  // namespace

TEST_SUITE("server/write_api") {
  TEST_CASE("remote write 2.0 is stored, and told how much of it") {
    const TemporaryFolder folder;
    ServerFixture fixture(folder.path());
    const std::string metadata = Field(5, Number(1, 2) + Number(3, 6) + Number(4, 7));
    RawResponse response =
        Write2(&fixture, Symbols() + Series({1, 2, 3, 4}, SampleField(1, 1'000'000) + metadata));
    CHECK(response.status == 204);
    CHECK(Written(response) == "1 0 0");
    // The same again: told as written, or the sender would believe that nothing was understood.
    response = Write2(&fixture, Symbols() + Series({1, 2, 3, 4}, SampleField(1, 1'000'000)));
    CHECK(response.status == 204);
    CHECK(Written(response) == "1 0 0");
    CHECK(fixture.Get("/api/v1/query?query=up&time=1000").body ==
          R"({"status":"success","data":{"resultType":"vector","result":[)"
          R"({"metric":{"__name__":"up","job":"a"},"value":[1000,"1"]}]}})");
    CHECK(fixture.Get("/api/v1/metadata").body ==
          R"({"status":"success","data":{"up":[{"type":"gauge","unit":"s","help":"Help."}]}})");
  }

  TEST_CASE("the good series of a 2.0 request are stored, the bad ones are named") {
    const TemporaryFolder folder;
    ServerFixture fixture(folder.path());
    const RawResponse response =
        Write2(&fixture, Symbols() + Series({1, 2, 3, 4}, SampleField(7, 1'000'000)) +
                             Series({1, 2, 3, 5}, SampleField(1, 1'000'000)) +
                             Series({3, 4}, SampleField(1, 1'000'000)) +
                             Series({1, 99}, SampleField(1, 1'000'000)) + Series({1, 2}, ""));
    CHECK(response.status == 400);
    CHECK(Written(response) == "1 0 0");
    CHECK(response.body.find("3 of 4 samples rejected: ") == 0);
    for (const char* reason : {"outside of symbols table", "at least one sample or histogram",
                               "not UTF-8", "invalid metric name"}) {
      CAPTURE(reason);
      CHECK(response.body.find(reason) != std::string::npos);
    }
    CHECK(fixture.Get("/api/v1/query?query=up&time=1000").body.find("[1000,\"7\"]") !=
          std::string::npos);
  }

  TEST_CASE("metadata survives a restart") {
    const TemporaryFolder folder;
    constexpr const char* kAnswer =
        R"({"status":"success","data":{"up":[{"type":"gauge","unit":"s","help":"Help."}]}})";
    {
      ServerFixture fixture(folder.path());
      const std::string metadata = Field(5, Number(1, 2) + Number(3, 6) + Number(4, 7));
      CHECK(Write2(&fixture, Symbols() + Series({1, 2}, SampleField(1, 1'000'000) + metadata))
                .status == 204);
      CHECK(fixture.Get("/api/v1/metadata").body == kAnswer);
    }
    ServerFixture fixture(folder.path());
    CHECK(fixture.Get("/api/v1/metadata").body == kAnswer);
  }

  TEST_CASE("text is imported, wrong lines are named") {
    const TemporaryFolder folder;
    ServerFixture fixture(folder.path());
    RawResponse response = fixture.Post(
        "/api/v1/import/prometheus?timestamp=1000000&extra_label=host=h",
        "# TYPE temperature gauge\n# HELP temperature Degrees.\ntemperature{room=\"a\"} 21.5\n",
        "Content-Type: application/x-www-form-urlencoded\r\n");
    CHECK(response.status == 204);
    CHECK(fixture.Get("/api/v1/query?query=temperature&time=1000").body ==
          R"({"status":"success","data":{"resultType":"vector","result":[)"
          R"({"metric":{"__name__":"temperature","host":"h","room":"a"},)"
          R"("value":[1000,"21.5"]}]}})");
    CHECK(fixture.Get("/api/v1/metadata?metric=temperature").body.find("Degrees.") !=
          std::string::npos);
    response = fixture.Post("/api/v1/import/prometheus?timestamp=2000000", "a 1\nb{ 2\n");
    CHECK(response.status == 400);
    CHECK(response.body.find("1 of 2 lines rejected: cannot parse line 2: ") == 0);
    CHECK(fixture.Get("/api/v1/query?query=a&time=2000").body.find("[2000,\"1\"]") !=
          std::string::npos);
    CHECK(fixture.Post("/api/v1/import/prometheus?timestamp=x", "a 1\n").status == 400);
    CHECK(fixture.Post("/api/v1/import/prometheus?extra_label=x", "a 1\n").status == 400);
  }

  TEST_CASE("answers to 2.0 have the counts, whatever they are; answers to 1.0 never") {
    const TemporaryFolder folder;
    ServerFixture fixture(folder.path());
    RawResponse response = fixture.Post("/api/v1/write", "no snappy", kHeaders2);
    CHECK(response.status == 400);
    CHECK(Written(response) == "0 0 0");
    const std::string sample = Label("__name__", "up") + SampleField(1, 1);
    response = fixture.WriteSamples(Field(1, sample));
    CHECK(response.status == 204);
    CHECK(Written(response) == "  ");
    response = fixture.WriteSamples("no message");
    CHECK(response.status == 400);
    CHECK(Written(response) == "  ");
    CHECK(fixture
              .Post("/api/v1/write", "",
                    "Content-Type: application/x-protobuf;proto=io.prometheus.write.v3.Request\r\n")
              .status == 415);
    CHECK(fixture.Post("/api/v1/write", "", "Content-Type: application/json\r\n").status == 415);
  }
}

}  // namespace varve::server
