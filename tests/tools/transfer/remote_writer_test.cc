#include "tools/transfer/remote_writer.h"

#include <doctest/doctest.h>
#include <snappy.h>

#include "tests/tools/fake_server.h"
#include "tests/tools/write_request.h"

namespace varve::tools {
namespace {

SeriesSamples Series(const std::string& job, int64_t first, int64_t count) {
  SeriesSamples samples;
  samples.labels = storage::LabelSet{{"__name__", "up"}, {"job", job}};
  for (int64_t i = first; i < first + count; ++i) {
    samples.floats.push_back({i, static_cast<double>(i) / 2});
  }
  return samples;
}

struct Sending {
  explicit Sending(FakeServer* server,
                   RemoteWriterOptions options = {.batch_samples = 10, .retry = {2, 1}})
      : http(HttpClient::Create(server->url(), 5'000'000'000).value()),
        writer(options, &http, [this](uint64_t samples) {
          sent = samples;
          return absl::OkStatus();
        }) {}

  HttpClient http;
  uint64_t sent = 0;
  RemoteWriter writer;
};

TEST_SUITE("tools/transfer/remote_writer") {
  TEST_CASE("samples go out in batches of the same size, with series cut where they have to be") {
    FakeServer server({{.status = 204}, {.status = 204}, {.status = 204}});
    Sending sending(&server);
    REQUIRE(sending.writer.Write(Series("a", 0, 4)).ok());
    REQUIRE(sending.writer.Write(Series("b", 0, 18)).ok());
    CHECK(sending.sent == 20);
    REQUIRE(sending.writer.Flush().ok());
    CHECK(sending.sent == 22);
    CHECK(sending.writer.samples_sent() == 22);
    REQUIRE(server.requests().size() == 3);
    CHECK(server.requests()[0].method == "POST");
    CHECK(server.requests()[0].target == "/api/v1/write");
    std::vector<SeriesSamples> all;
    std::vector<size_t> sizes;
    for (const FakeRequest& request : server.requests()) {
      size_t size = 0;
      for (SeriesSamples& series : ReadWriteRequest(request.body)) {
        size += series.size();
        all.push_back(std::move(series));
      }
      sizes.push_back(size);
    }
    CHECK(sizes == std::vector<size_t>{10, 10, 2});
    REQUIRE(all.size() == 4);
    CHECK(all[0].labels == Series("a", 0, 1).labels);
    CHECK(all[1].floats.size() == 6);
    CHECK(all[2].floats.front().timestamp_ms == 6);
    CHECK(all[3].floats.back().value == 8.5);
  }

  TEST_CASE("what the server cannot take now is sent again, the same") {
    FakeServer server({{.status = 503}, {.status = 500}, {.status = 204}});
    Sending sending(&server);
    REQUIRE(sending.writer.Write(Series("a", 0, 10)).ok());
    CHECK(sending.sent == 10);
    REQUIRE(server.requests().size() == 3);
    CHECK(server.requests()[0].body == server.requests()[2].body);
  }

  TEST_CASE("after all retries the server's error is the answer") {
    FakeServer server({{.status = 503, .body = "busy"}, {.status = 503}, {.status = 503}});
    Sending sending(&server);
    CHECK(absl::IsUnavailable(sending.writer.Write(Series("a", 0, 10))));
    CHECK(sending.sent == 0);
  }

  TEST_CASE("what it refuses for good is counted, and the rest goes on") {
    FakeServer server(
        {{.status = 400, .content_type = "text/plain", .body = "out of bounds"}, {.status = 204}});
    Sending sending(&server);
    REQUIRE(sending.writer.Write(Series("a", 0, 20)).ok());
    CHECK(sending.sent == 20);
    CHECK(sending.writer.sender().rejected_batches() == 1);
    CHECK(sending.writer.sender().first_rejection().find("out of bounds") != std::string::npos);
  }

  TEST_CASE("a server that takes no remote write ends it at once") {
    FakeServer server(std::vector<FakeAnswer>{{.status = 404}});
    Sending sending(&server);
    CHECK(absl::IsNotFound(sending.writer.Write(Series("a", 0, 10))));
  }

  TEST_CASE("native histograms travel with all they have") {
    FakeServer server(std::vector<FakeAnswer>{{.status = 204}});
    Sending sending(&server);
    SeriesSamples samples;
    samples.labels = storage::LabelSet{{"__name__", "h"}};
    for (const bool is_float : {false, true}) {
      storage::HistogramSample& sample = samples.histograms.emplace_back();
      sample.timestamp_ms = is_float ? 2 : 1;
      sample.histogram.is_float = is_float;
      sample.histogram.schema = -1;
      sample.histogram.reset_hint = storage::CounterResetHint::kGauge;
      sample.histogram.zero_threshold = 0.25;
      sample.histogram.zero_count = 2;
      sample.histogram.count = 9;
      sample.histogram.sum = -1.5;
      sample.histogram.positive_spans = {{-3, 2}, {1, 1}};
      sample.histogram.positive_counts = {3, 1, 2};
      sample.histogram.negative_spans = {{0, 1}};
      sample.histogram.negative_counts = {1};
    }
    REQUIRE(sending.writer.Write(samples).ok());
    REQUIRE(sending.writer.Flush().ok());
    const std::vector<SeriesSamples> read = ReadWriteRequest(server.requests()[0].body);
    REQUIRE(read.size() == 1);
    REQUIRE(read[0].histograms.size() == 2);
    for (size_t i = 0; i < 2; ++i) {
      const storage::Histogram& mine = read[0].histograms[i].histogram;
      const storage::Histogram& want = samples.histograms[i].histogram;
      CHECK(read[0].histograms[i].timestamp_ms == samples.histograms[i].timestamp_ms);
      CHECK(mine.is_float == want.is_float);
      CHECK(mine.schema == want.schema);
      CHECK(mine.reset_hint == want.reset_hint);
      CHECK(mine.zero_threshold == want.zero_threshold);
      CHECK(mine.zero_count == want.zero_count);
      CHECK(mine.count == want.count);
      CHECK(mine.sum == want.sum);
      CHECK(mine.positive_spans == want.positive_spans);
      CHECK(mine.positive_counts == want.positive_counts);
      CHECK(mine.negative_spans == want.negative_spans);
      CHECK(mine.negative_counts == want.negative_counts);
    }
  }
}

}  // namespace
}  // namespace varve::tools
