#include "ingest/json_lines.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "ingest/elasticsearch_bulk.h"
#include "ingest/log_time.h"

namespace varve::ingest {
namespace {

constexpr int64_t kNowNs = 1'795'694'400'000'000'000;  // 2026-11-26T12:00:00Z

JsonLinesOptions Fields(std::vector<std::string> stream_fields) {
  JsonLinesOptions fields;
  fields.stream_fields = std::move(stream_fields);
  fields.now_ns = kNowNs;
  return fields;
}

LokiPushOptions Plain() {
  LokiPushOptions options;
  options.discover_service_name = options.discover_level = false;
  return options;
}

LokiPushRequest Decode(std::string_view body, const JsonLinesOptions& fields) {
  LokiPushRequest request;
  REQUIRE(DecodeJsonLines(fields, "", body, Plain(), &request).ok());
  return request;
}

TEST_SUITE("ingest/json_lines") {
  TEST_CASE("fields become labels, time, line and metadata") {
    const LokiPushRequest request = Decode(
        R"({"_time":"2026-11-26T11:00:00.5Z","_msg":"paid","app":"shop","host":{"name":"web1","ip":"::1"},"n":17,"ok":true,"none":null,"list":[1,"a"],"empty":""})"
        "\n",
        Fields({"app", "host.name"}));
    REQUIRE(request.batch.entries.size() == 1);
    CHECK(request.batch.streams[0].labels.ToString() == R"({app="shop", host_name="web1"})");
    CHECK(request.batch.entries[0].timestamp_ns == kNowNs - 3'599'500'000'000);
    CHECK(request.batch.entries[0].line == "paid");
    CHECK(request.batch.entries[0].metadata.ToString() ==
          R"({host_ip="::1", list="[1,\"a\"]", n="17", ok="true"})");
    CHECK(request.rejected == 0);
  }

  TEST_CASE("bad lines are named, good ones are kept") {
    const LokiPushRequest request = Decode(
        "{\"_msg\":\"a\"}\n{\"_msg\":\n\n[1]\n{\"_msg\":\"b\",\"_time\":\"tomorrow\"}\r\n"
        "{\"_msg\":\"c\"} x\n{\"_msg\":\"d\"}",
        Fields({}));
    REQUIRE(request.batch.entries.size() == 2);
    CHECK(request.batch.entries[0].line == "a");
    CHECK(request.batch.entries[1].line == "d");
    CHECK(request.batch.entries[0].timestamp_ns == kNowNs);
    CHECK(request.rejected == 4);
    REQUIRE(request.rejections.size() == 4);
    CHECK(request.rejections[0].message.starts_with("cannot decode line 2: "));
    CHECK(request.rejections[1].message == "cannot decode line 4: it is no JSON object");
    CHECK(
        request.rejections[2].message ==
        "cannot decode line 5: cannot parse timestamp \"tomorrow\" in \"_time\", want RFC 3339 or "
        "a time since 1970");
    CHECK(request.rejections[3].message.starts_with("cannot decode line 6: "));
  }

  TEST_CASE("numbers keep the digits they came with") {
    const LokiPushRequest request = Decode(
        R"({"_msg":"m","a":1.50,"b":-0.0,"c":1E+3,"d":123456789012345678901234567890,)"
        R"("e":[1.10 , {"k" : 1e400,"q":"\u0041\"\\"},null,true,[ ] ,{ }],"f":0.1e-7,"g":"1.50","h":false})",
        Fields({"a"}));
    REQUIRE(request.batch.entries.size() == 1);
    CHECK(request.batch.streams[0].labels.ToString() == R"({a="1.50"})");
    const storage::LabelSetView metadata = request.batch.entries[0].metadata;
    CHECK(metadata.Get("b") == "-0.0");
    CHECK(metadata.Get("c") == "1E+3");
    CHECK(metadata.Get("d") == "123456789012345678901234567890");
    CHECK(metadata.Get("e") == R"([1.10,{"k":1e400,"q":"\u0041\"\\"},null,true,[],{}])");
    CHECK(metadata.Get("f") == "0.1e-7");
    CHECK(metadata.Get("g") == "1.50");
    CHECK(metadata.Get("h") == "false");
  }

  TEST_CASE("what is no JSON is refused, wherever it stands in the object") {
    for (const std::string_view object : {R"({"a":01})",
                                          R"({"a":1.})",
                                          R"({"a":.5})",
                                          R"({"a":-})",
                                          R"({"a":1e})",
                                          R"({"a":+1})",
                                          R"({"a":1x})",
                                          R"({"a":tru})",
                                          R"({"a":nul})",
                                          R"({"a":falsey})",
                                          R"({"a":"\q"})",
                                          R"({"a":"\u12"})",
                                          R"({"a":[1,]})",
                                          R"({"a":[1 2]})",
                                          R"({"a":{"b":1,}})",
                                          R"({"a" 1})",
                                          R"({"a":1 "b":2})",
                                          R"({"a":1)",
                                          R"({"a":1}})",
                                          R"({"a":1}{})",
                                          R"({"a":[1})",
                                          R"({"a":["\q"]})",
                                          R"({"a":[{"\q":1}]})",
                                          R"({"\q":1})",
                                          R"({"a":[01]})",
                                          R"({"a":[tru]})",
                                          R"({a:1})",
                                          "{\"a\":\"\xff\"}",
                                          "{\"a\":\"\x01\"}",
                                          "\"text\"",
                                          "17",
                                          "null"}) {
      CAPTURE(object);
      const LokiPushRequest request = Decode(object, Fields({}));
      CHECK(request.rejected == 1);
      CHECK(request.rejected_by[static_cast<size_t>(storage::RejectReason::kMalformed)] == 1);
      CHECK(request.batch.entries.empty());
    }
  }

  TEST_CASE("an object without a line is the line itself") {
    const std::string object = R"({"app":"shop", "a" : 1.50, "_time":"0"})";
    const LokiPushRequest request = Decode(object, Fields({"app"}));
    CHECK(request.batch.entries[0].line == object);
    CHECK(request.batch.entries[0].metadata.empty());
    CHECK(request.batch.entries[0].timestamp_ns == kNowNs);
    CHECK(request.batch.streams[0].labels.ToString() == R"({app="shop"})");
  }

  TEST_CASE("other names for line and time, fields left out, fields added") {
    JsonLinesOptions fields = Fields({"env"});
    fields.line_fields = {"message", "log"};
    fields.time_fields = {"ts"};
    fields.ignored_fields = {"secret", "k8s.*"};
    fields.extra_fields = {{"env", "prod"}, {"via", "test"}};
    const LokiPushRequest request = Decode(
        R"({"log":"x","ts":1795694400123,"secret":"s","k8s":{"pod":"p","ns":"n"},"k8sx":"y"})",
        fields);
    CHECK(request.batch.streams[0].labels.ToString() == R"({env="prod"})");
    CHECK(request.batch.entries[0].line == "x");
    CHECK(request.batch.entries[0].timestamp_ns == kNowNs + 123'000'000);
    CHECK(request.batch.entries[0].metadata.ToString() == R"({k8sx="y", via="test"})");
  }

  TEST_CASE("without a label the service is unknown") {
    const LokiPushRequest request = Decode(R"({"_msg":"x"})", Fields({"app"}));
    CHECK(request.batch.streams[0].labels.ToString() == R"({service_name="unknown_service"})");
  }

  TEST_CASE("streams come together") {
    const LokiPushRequest request = Decode(
        "{\"_msg\":\"1\",\"a\":\"x\"}\n{\"_msg\":\"2\",\"a\":\"y\"}\n{\"_msg\":\"3\",\"a\":\"x\"}",
        Fields({"a"}));
    REQUIRE(request.batch.streams.size() == 2);
    CHECK(request.batch.entries[1].line == "3");
  }

  TEST_CASE("compressed bodies, up to their limit") {
    const std::string body = "{\"_msg\":\"" + std::string(5000, 'x') + "\"}\n";
    std::string zlib(compressBound(body.size()), '\0');
    uLongf size = zlib.size();
    REQUIRE(compress(reinterpret_cast<Bytef*>(zlib.data()), &size,
                     reinterpret_cast<const Bytef*>(body.data()), body.size()) == Z_OK);
    zlib.resize(size);
    LokiPushRequest request;
    CHECK(DecodeJsonLines(Fields({}), "deflate", zlib, Plain(), &request).ok());
    CHECK(request.batch.entries.size() == 1);
    LokiPushOptions small = Plain();
    small.body_bytes_max = 1000;
    CHECK_FALSE(DecodeJsonLines(Fields({}), "deflate", zlib, small, &request).ok());
    CHECK(absl::IsUnimplemented(DecodeJsonLines(Fields({}), "br", zlib, small, &request)));
  }

  TEST_CASE("limits: depth, fields, the length of a line") {
    const std::string deep = "{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}";
    std::string wide = "{\"_msg\":\"x\"";
    for (int i = 0; i < 1001; ++i) wide += ",\"f" + std::to_string(i) + "\":1";
    wide += "}";
    const std::string big = "{\"_msg\":\"" + std::string((256 << 10) + 1, 'x') + "\"}";
    const LokiPushRequest request =
        Decode(deep + "\n" + wide + "\n" + big + "\n{\"_msg\":\"ok\"}\n", Fields({}));
    CHECK(request.rejected == 3);
    REQUIRE(request.batch.entries.size() == 1);
    CHECK(request.batch.entries[0].line == "ok");
  }
}

TEST_SUITE("ingest/elasticsearch_bulk") {
  TEST_CASE("documents become entries, each with its answer") {
    LokiPushRequest request;
    std::vector<BulkItem> items;
    JsonLinesOptions fields = Fields({"app"});
    fields.line_fields = {"message"};
    fields.time_fields = {"@timestamp"};
    REQUIRE(DecodeElasticsearchBulk(
                fields, "",
                "{\"create\":{\"_index\":\"logs\"}}\n"
                "{\"@timestamp\":\"2026-11-26T11:00:00Z\",\"message\":\"a\",\"app\":\"x\"}\n"
                "{\"index\":{}}\nno json\n\n{\"create\":{}}\n{\"message\":\"b\"}\n",
                "default", Plain(), &request, &items)
                .ok());
    REQUIRE(items.size() == 3);
    CHECK(items[0].index == "logs");
    CHECK_FALSE(items[0].refused.has_value());
    CHECK(items[1].is_index);
    CHECK(items[1].index == "default");
    REQUIRE(items[1].refused.has_value());
    CHECK(items[1].refused->reason == storage::RejectReason::kMalformed);
    CHECK_FALSE(items[2].refused.has_value());
    REQUIRE(request.batch.entries.size() == 2);
    CHECK(request.batch.entries[0].line == "a");
    CHECK(request.batch.entries[1].line == "b");
  }

  TEST_CASE("a document that breaks a limit is refused by itself") {
    LokiPushRequest request;
    std::vector<BulkItem> items;
    JsonLinesOptions fields = Fields({"app"});
    fields.line_fields = {"message"};
    LokiPushOptions options = Plain();
    options.line_bytes_max = 4;
    options.metadata_labels_max = 1;
    options.label_value_bytes_max = 3;
    const std::string create = "{\"create\":{}}\n";
    REQUIRE(DecodeElasticsearchBulk(fields, "",
                                    create + R"({"message":"long line","app":"x"})" + "\n" +
                                        create + R"({"message":"a","app":"y"})" + "\n" + create +
                                        R"({"message":"b","app":"x","m":1,"n":2})" + "\n" + create +
                                        R"({"message":"c","app":"long"})" + "\n" + create +
                                        R"({"message":"d","app":"x"})" + "\n",
                                    "", options, &request, &items)
                .ok());
    REQUIRE(items.size() == 5);
    CHECK(items[0].refused->reason == storage::RejectReason::kLineTooLong);
    CHECK(items[2].refused->reason == storage::RejectReason::kMetadataTooMany);
    CHECK(items[3].refused->reason == storage::RejectReason::kLabelValueTooLong);
    REQUIRE(request.batch.entries.size() == 2);
    REQUIRE_FALSE(items[1].refused.has_value());
    REQUIRE_FALSE(items[4].refused.has_value());
    CHECK(request.batch.entries[items[1].entry].line == "a");
    CHECK(request.batch.entries[items[4].entry].line == "d");
    CHECK(request.rejected == 3);
  }

  TEST_CASE("an action that cannot be read or has no document is an error") {
    LokiPushRequest request;
    std::vector<BulkItem> items;
    for (const std::string_view body : {"{\"delete\":{\"_id\":\"1\"}}\n", "x\n{}\n",
                                        "{\"create\":{}}\n", "{\"create\":1}\n{}\n"}) {
      CHECK(absl::IsInvalidArgument(
          DecodeElasticsearchBulk(Fields({}), "", body, "", Plain(), &request, &items)));
    }
  }
}

TEST_SUITE("ingest/log_time") {
  TEST_CASE("the units of a time since 1970 are told apart by its size") {
    for (const std::string_view text :
         {"1795694400", "1795694400000", "1795694400000000", "1795694400000000000", "1795694400.0",
          "2026-11-26T12:00:00Z", "2026-11-26T13:00:00+01:00", "2026-11-26 12:00:00",
          "2026-11-26T12:00:00"}) {
      CAPTURE(text);
      int64_t time_ns = 0;
      CHECK(ParseLogTime(text, &time_ns));
      CHECK(time_ns == kNowNs);
    }
    int64_t time_ns = 0;
    CHECK(ParseLogTime("1795694400.123456789", &time_ns));
    CHECK(time_ns == kNowNs + 123'456'789);
    for (const std::string_view text :
         {"", "now", "-1", "1.x", "1x", "2026-11-26", "2026-11-26T12:00:00Z ",
          "99999999999999999999", "9999999999999.5"}) {
      CAPTURE(text);
      CHECK_FALSE(ParseLogTime(text, &time_ns));
    }
  }
}

}  // namespace
}  // namespace varve::ingest
