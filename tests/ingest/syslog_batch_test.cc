#include "ingest/syslog_batch.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace varve::ingest {
namespace {

constexpr int64_t kNowNs = 1'795'694'400'000'000'000;  // 2026-11-26T12:00:00Z

struct Decoded {
  LokiPushRequest request;
  uint64_t malformed = 0;
  std::vector<std::string> texts;

  explicit Decoded(std::vector<std::string> messages, bool discover = false,
                   storage::TimeRange range_ns = storage::TimeRange::All())
      : texts(std::move(messages)) {
    std::vector<SyslogInput> inputs;
    for (const std::string& text : texts) {
      inputs.push_back({text, "192.0.2.7", kNowNs, inputs.size()});
    }
    LokiPushOptions options;
    options.discover_service_name = options.discover_level = discover;
    malformed = DecodeSyslogBatch(inputs, {absl::UTCTimeZone(), range_ns}, options, &request);
  }
  std::string Labels(size_t stream) const {
    return request.batch.streams.at(stream).labels.ToString();
  }
  const storage::Entry& Entry(size_t i) const { return request.batch.entries.at(i); }
};

TEST_SUITE("ingest/syslog_batch") {
  TEST_CASE("header fields are labels, the rest is metadata") {
    const Decoded decoded(
        {"<165>1 2026-11-26T11:00:00.000003Z web1 shop 8710 ID47 "
         "[ex@1 iut=\"3\" a.b=\"c\"] paid"});
    CHECK(decoded.Labels(0) ==
          R"({app="shop", facility="local4", host="web1", job="syslog", severity="notice"})");
    CHECK(decoded.Entry(0).line == "paid");
    CHECK(decoded.Entry(0).timestamp_ns == kNowNs - 3'599'999'997'000);
    CHECK(decoded.Entry(0).metadata.ToString() ==
          R"({msgid="ID47", procid="8710", sd_ex_1_a_b="c", sd_ex_1_iut="3"})");
    CHECK(decoded.malformed == 0);
  }

  TEST_CASE("the level is the severity's, the service the app's") {
    const Decoded decoded({"<8>Nov 26 11:00:00 web1 shop: error in the text"}, true);
    CHECK(decoded.request.batch.streams[0].labels.Get("service_name") == "shop");
    CHECK(decoded.Entry(0).metadata.Get("detected_level") == "fatal");
  }

  TEST_CASE("messages of one stream come together, in their order") {
    const Decoded decoded(
        {"<13>Nov 26 11:00:00 a x: 1", "<13>Nov 26 11:00:00 b x: 2", "<13>Nov 26 11:00:00 a x: 3"});
    REQUIRE(decoded.request.batch.streams.size() == 2);
    CHECK(decoded.Entry(0).line == "1");
    CHECK(decoded.Entry(1).line == "3");
    CHECK(decoded.Entry(2).line == "2");
  }

  TEST_CASE("repeated messages of one second stay apart, exact times stay exact") {
    const Decoded coarse({"<13>Nov 26 11:00:00 a x: same", "<13>Nov 26 11:00:00 a x: same"});
    CHECK(coarse.Entry(0).timestamp_ns + 1 == coarse.Entry(1).timestamp_ns);
    CHECK(coarse.Entry(0).timestamp_ns == kNowNs - 3'600'000'000'000);
    const Decoded fine({"<13>1 2026-11-26T11:00:00.000003Z a x - - - same",
                        "<13>1 2026-11-26T11:00:00.000003Z a x - - - same"});
    CHECK(fine.Entry(0).timestamp_ns == fine.Entry(1).timestamp_ns);
  }

  TEST_CASE("what is no syslog is kept as it is, under its sender's address") {
    const Decoded decoded({"GET / HTTP/1.1\xff"});
    CHECK(decoded.malformed == 1);
    CHECK(decoded.Labels(0) == R"({host="192.0.2.7", job="syslog"})");
    CHECK(decoded.Entry(0).line == "GET / HTTP/1.1\xff");
    CHECK(decoded.Entry(0).timestamp_ns == kNowNs);
  }

  TEST_CASE("fields that cannot be labels or metadata leave the message whole") {
    std::string many = "<13>1 - h a - - [x";
    for (int i = 0; i < 200; ++i) many += " p" + std::to_string(i) + "=\"v\"";
    many += "] text";
    const std::string big = "<13>1 - h a - - [x a=\"" + std::string(70'000, 'v') + "\"] text";
    const std::string bytes = "<13>1 - h\xff a - - - text";
    const Decoded decoded({many, big, bytes});
    CHECK(decoded.malformed == 3);
    CHECK(decoded.request.rejected == 0);
    REQUIRE(decoded.request.batch.entries.size() == 3);
    CHECK(decoded.Entry(0).line == many);
    CHECK(decoded.Entry(1).line == big);
    CHECK(decoded.Entry(2).line == bytes);
    CHECK(decoded.Labels(0) ==
          R"({facility="user", host="192.0.2.7", job="syslog", severity="notice"})");
  }

  TEST_CASE("a time the store would refuse is replaced and kept beside") {
    const Decoded decoded({"<13>1 1970-01-01T00:00:01Z h a - - - old clock"}, false,
                          {kNowNs - 1'000'000'000, kNowNs + 1'000'000'000});
    CHECK(decoded.Entry(0).timestamp_ns == kNowNs);
    CHECK(decoded.Entry(0).metadata.Get("syslog_timestamp") == "1970-01-01T00:00:01Z");
  }
}

}  // namespace
}  // namespace varve::ingest
