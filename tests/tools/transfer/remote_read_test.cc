#include "tools/transfer/remote_read.h"

#include <doctest/doctest.h>

#include "ingest/compression.h"
#include "ingest/protobuf_reader.h"
#include "storage/encoding/varint.h"
#include "tests/tools/write_request.h"

namespace varve::tools {
namespace {

SeriesSamples Series(const std::string& job, std::vector<storage::Sample> samples) {
  SeriesSamples series;
  series.labels = storage::LabelSet{{"__name__", "up"}, {"job", job}};
  series.floats = std::move(samples);
  return series;
}

TEST_SUITE("tools/transfer/remote_read") {
  TEST_CASE("a request has the times and the matchers") {
    const std::string body = ReadRequestBody(
        {storage::Matcher::Equal("__name__", "up"), storage::Matcher::NotEqual("job", "x")}, -5,
        1000);
    std::string request;
    REQUIRE(ingest::DecompressSnappy(body, 1 << 20, &request).ok());
    ingest::ProtobufReader outer(request);
    REQUIRE(outer.Next());
    CHECK(outer.field() == 1);
    ingest::ProtobufReader query(outer.bytes());
    REQUIRE(query.Next());
    CHECK(query.signed_number() == -5);
    REQUIRE(query.Next());
    CHECK(query.signed_number() == 1000);
    std::vector<std::pair<uint64_t, std::string>> matchers;
    while (query.Next()) {
      CHECK(query.field() == 3);
      ingest::ProtobufReader matcher(query.bytes());
      std::pair<uint64_t, std::string> found;
      while (matcher.Next()) {
        if (matcher.field() == 1) found.first = matcher.number();
        if (matcher.field() == 2) found.second = matcher.bytes();
      }
      matchers.push_back(found);
    }
    CHECK(matchers == std::vector<std::pair<uint64_t, std::string>>{{0, "__name__"}, {1, "job"}});
  }

  TEST_CASE("an answer has series with their samples") {
    std::vector<SeriesSamples> series;
    REQUIRE(ParseReadAnswer(MakeReadAnswer({Series("a", {{-1, 0.5}, {2, storage::StaleMarker()}}),
                                            Series("b", {})}),
                            &series)
                .ok());
    REQUIRE(series.size() == 2);
    CHECK(series[0].labels == Series("a", {}).labels);
    REQUIRE(series[0].floats.size() == 2);
    CHECK(series[0].floats[0].timestamp_ms == -1);
    CHECK(storage::IsStaleMarker(series[0].floats[1].value));
    CHECK_FALSE(ParseReadAnswer("no snappy", &series).ok());
  }

  TEST_CASE("a file holds answers behind their lengths") {
    std::string file(kReadAnswersBegin);
    for (const std::string& answer :
         {MakeReadAnswer({Series("a", {{1, 1}}), Series("b", {{1, 2}})}), MakeReadAnswer({}),
          MakeReadAnswer({Series("c", {{3, 3}})})}) {
      storage::AppendVarint(answer.size(), &file);
      file += answer;
    }
    ReadAnswerSource source(file);
    std::string jobs;
    SeriesSamples samples;
    while (source.Next(&samples).value()) jobs += samples.labels.Get("job");
    CHECK(jobs == "abc");
    CHECK(source.progress() == 1);
    CHECK_FALSE(ReadAnswerSource("varve remote read 2\n").Next(&samples).ok());
    CHECK_FALSE(ReadAnswerSource("").Next(&samples).ok());
    ReadAnswerSource cut(file.substr(0, file.size() - 1));
    CHECK(cut.Next(&samples).value());
    CHECK(cut.Next(&samples).value());
    CHECK_FALSE(cut.Next(&samples).ok());
  }
}

}  // namespace
}  // namespace varve::tools
