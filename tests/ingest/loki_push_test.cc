#include "ingest/loki_push.h"

#include <doctest/doctest.h>
#include <snappy.h>

#include <string>

#include "ingest/label_text.h"
#include "ingest/log_level.h"

namespace varve::ingest {
namespace {

LokiPushOptions Plain() {
  LokiPushOptions options;
  options.discover_level = false;
  options.discover_service_name = false;
  return options;
}

std::string Varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
  return out;
}
std::string Field(uint32_t number, const std::string& bytes) {
  return Varint(number << 3 | 2) + Varint(bytes.size()) + bytes;
}
std::string EntryMessage(uint64_t seconds, uint64_t nanos, const std::string& line,
                         const std::string& metadata = "") {
  return Field(1, Varint(1 << 3) + Varint(seconds) + Varint(2 << 3) + Varint(nanos)) +
         Field(2, line) + metadata;
}

// Checks that the body decodes, and flattens the batch: "{labels} ts line {metadata}" per entry.
std::vector<std::string> Flat(const LokiPushRequest& request) {
  std::vector<std::string> flat;
  for (const storage::StreamWrite& stream : request.batch.streams) {
    for (uint32_t i = stream.begin; i < stream.end; ++i) {
      const storage::Entry& entry = request.batch.entries[i];
      flat.push_back(stream.labels.ToString() + " " + std::to_string(entry.timestamp_ns) + " " +
                     std::string(entry.line) + " " + entry.metadata.ToString());
    }
  }
  return flat;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_SUITE("ingest/loki_push") {
  TEST_CASE("JSON streams come out with escapes resolved and metadata kept") {
    LokiPushRequest request;
    const std::string body =
        R"({"streams":[{"stream":{"app":"api","env":"p\"1"},"values":[)"
        R"(["1700000000000000001","a \u00fc\n\"q\""],["1700000000000000002","",{"trace":"x"}]]}]})";
    REQUIRE(DecodeLokiPush("application/json; charset=utf-8", "", body, Plain(), &request).ok());
    CHECK(Flat(request) ==
          Lines{"{app=\"api\", env=\"p\\\"1\"} 1700000000000000001 a \xc3\xbc\n\"q\" {}",
                "{app=\"api\", env=\"p\\\"1\"} 1700000000000000002  {trace=\"x\"}"});
    CHECK(request.line_bytes == 8);
  }

  TEST_CASE(
      "numbers, booleans and null in labels and metadata become text, keys come in any order") {
    LokiPushRequest request;
    const std::string body =
        R"({"streams":[{"values":[[5,"x",{"n":1.5,"b":true,"o":{"k":1}}]],"stream":{"port":80,"ok":false}}]})";
    REQUIRE(DecodeLokiPush("application/json", "", body, Plain(), &request).ok());
    CHECK(Flat(request) ==
          Lines{"{ok=\"false\", port=\"80\"} 5 x {b=\"true\", n=\"1.5\", o=\"{\\\"k\\\":1}\"}"});
  }

  TEST_CASE("the legacy body with label text and RFC 3339 times is taken") {
    LokiPushRequest request;
    const std::string body =
        R"({"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":"2026-11-21T00:00:00.5Z","line":"x"}]}]})";
    REQUIRE(DecodeLokiPush("application/json", "", body, Plain(), &request).ok());
    CHECK(Flat(request) == Lines{"{a=\"b\"} 1795219200500000000 x {}"});
  }

  TEST_CASE("protobuf is taken as a bare snappy block, plain, and with an encoding named") {
    const std::string metadata = Field(3, Field(1, "trace") + Field(2, "7"));
    const std::string message =
        Field(1, Field(1, "{a=\"b\"}") + Field(2, EntryMessage(1, 5, "one")) +
                     Field(2, EntryMessage(2, 0, std::string("\0\xff", 2), metadata)));
    std::string compressed;
    snappy::Compress(message.data(), message.size(), &compressed);
    const Lines wanted = {"{a=\"b\"} 1000000005 one {}",
                          "{a=\"b\"} 2000000000 " + std::string("\0\xff", 2) + " {trace=\"7\"}"};
    LokiPushRequest request;
    REQUIRE(DecodeLokiPush("application/x-protobuf", "", compressed, Plain(), &request).ok());
    CHECK(Flat(request) == wanted);
    REQUIRE(DecodeLokiPush("", "snappy", compressed, Plain(), &request).ok());
    CHECK(Flat(request) == wanted);
    REQUIRE(DecodeLokiPush("application/x-protobuf", "", message, Plain(), &request).ok());
    CHECK(Flat(request) == wanted);
  }

  TEST_CASE("numbers in metadata and labels keep the digits they came with") {
    LokiPushRequest request;
    const std::string body = R"({"streams":[
      {"stream":{"a":1.50,"b":7},"values":[["1","x 2.50",{"c":1e-07,"d":[1.0, {"e\"":2.10}, "3.0"],"f":{}}]]},
      {"values":[["2","y",{"c":100.0,"d":"1.0"}]],"stream":{"a":-0.0}}]})";
    REQUIRE(DecodeLokiPush("application/json", "", body, Plain(), &request).ok());
    REQUIRE(request.batch.entries.size() == 2);
    CHECK(request.batch.streams[0].labels.ToString() == R"({a="1.50", b="7"})");
    CHECK(request.batch.streams[1].labels.ToString() == R"({a="-0.0"})");
    const storage::LabelSetView metadata = request.batch.entries[0].metadata;
    CHECK(metadata.Get("c") == "1e-07");
    CHECK(metadata.Get("d") == R"([1.0,{"e\"":2.10},"3.0"])");
    CHECK(metadata.Get("f") == "{}");
    CHECK(request.batch.entries[1].metadata.Get("c") == "100.0");
    CHECK(request.batch.entries[1].metadata.Get("d") == "1.0");
  }

  TEST_CASE("entries that break a limit are rejected by name and the others kept") {
    LokiPushOptions options = Plain();
    options.line_bytes_max = 4;
    LokiPushRequest request;
    const std::string body =
        R"({"streams":[{"stream":{"a":"1"},"values":[["1","long one"],["2","ok"],["x","ok"]]},)"
        R"({"stream":{},"values":[["3","x"]]},{"stream":{"bad name":"1"},"values":[["4","x"]]}]})";
    REQUIRE(DecodeLokiPush("application/json", "", body, options, &request).ok());
    CHECK(Flat(request) == Lines{"{a=\"1\"} 2 ok {}"});
    CHECK(request.rejected == 4);
    CHECK(request.rejections[0].message.find("max entry size '4' bytes exceeded") == 0);
    CHECK(request.rejections[2].message == "error at least one label pair is required per stream");
  }

  TEST_CASE("each limit has its reason and Loki's words") {
    LokiPushOptions options = Plain();
    options.line_bytes_max = 4;
    options.stream_labels_max = 2;
    options.label_name_bytes_max = 3;
    options.label_value_bytes_max = 5;
    options.metadata_labels_max = 1;
    options.metadata_bytes_max = 6;
    struct Case {
      std::string stream;
      std::string value;
      storage::RejectReason reason;
      std::string_view message;
    };
    const Case cases[] = {
        {R"("a":"1","b":"2","c":"3")", R"("x")", storage::RejectReason::kTooManyLabels,
         R"(entry for stream '{a="1", b="2", c="3"}' has 3 label names; limit 2)"},
        {R"("long":"1")", R"("x")", storage::RejectReason::kLabelNameTooLong,
         R"(stream '{long="1"}' has label name too long: 'long')"},
        {R"("a":"123456")", R"("x")", storage::RejectReason::kLabelValueTooLong,
         R"(stream '{a="123456"}' has label value too long: '123456')"},
        {R"("a":"1")", R"("12345")", storage::RejectReason::kLineTooLong,
         R"(max entry size '4' bytes exceeded for stream '{a="1"}' while adding an entry with length '5' bytes)"},
        {R"("a":"1")", R"("x",{"name":"val"})", storage::RejectReason::kMetadataTooLarge,
         R"(stream '{a="1"}' has structured metadata too large: '7' bytes, limit: '6' bytes.)"},
        {R"("a":"1")", R"("x",{"m":"1","n":"2"})", storage::RejectReason::kMetadataTooMany,
         R"(stream '{a="1"}' has too many structured metadata labels: '2', limit: '1'.)"}};
    for (const Case& one : cases) {
      const std::string body =
          R"({"streams":[{"stream":{)" + one.stream + R"(},"values":[["1",)" + one.value + "]]}]}";
      CAPTURE(body);
      LokiPushRequest request;
      REQUIRE(DecodeLokiPush("application/json", "", body, options, &request).ok());
      REQUIRE(request.rejections.size() == 1);
      CHECK(request.rejections[0].reason == one.reason);
      CHECK(request.rejections[0].message.starts_with(one.message));
    }
  }

  TEST_CASE("long lines are cut where they are not refused") {
    LokiPushOptions options = Plain();
    options.line_bytes_max = 4;
    options.truncate_lines = true;
    LokiPushRequest request;
    const std::string body =
        R"({"streams":[{"stream":{"a":"1"},"values":[["1","long one"],["2","four"]]}]})";
    REQUIRE(DecodeLokiPush("application/json", "", body, options, &request).ok());
    CHECK(Flat(request) == Lines{"{a=\"1\"} 1 long {}", "{a=\"1\"} 2 four {}"});
    CHECK(request.truncated == 1);
    CHECK(request.rejected == 0);
  }

  TEST_CASE("broken bodies are refused as a whole") {
    LokiPushRequest request;
    for (const char* body : {"", "{", "[]", "{}", R"({"streams":1})", R"({"streams":[1]})",
                             R"({"streams":[{"stream":{"a":"b"},"values":[["1"]]}]})",
                             R"({"streams":[{"stream":[],"values":[]}]})", "{\"streams\":[]} x"}) {
      CAPTURE(body);
      CHECK(DecodeLokiPush("application/json", "", body, Plain(), &request).code() ==
            absl::StatusCode::kInvalidArgument);
      CHECK(request.batch.entries.empty());
    }
    const std::string deep = R"({"streams":)" + std::string(100'000, '[') + "}";
    CHECK_FALSE(DecodeLokiPush("application/json", "", deep, Plain(), &request).ok());
  }

  TEST_CASE("a level and a service name are discovered unless switched off") {
    LokiPushRequest request;
    const std::string body =
        R"({"streams":[{"stream":{"job":"cron"},"values":[["1","level=warn x"],["2","x",{"detected_level":"own"}]]}]})";
    REQUIRE(DecodeLokiPush("application/json", "", body, {}, &request).ok());
    CHECK(Flat(request) ==
          Lines{"{job=\"cron\", service_name=\"cron\"} 1 level=warn x {detected_level=\"warn\"}",
                "{job=\"cron\", service_name=\"cron\"} 2 x {detected_level=\"own\"}"});
  }
}

TEST_SUITE("ingest/log_level") {
  TEST_CASE("a level is found in metadata, labels, JSON, logfmt or as a word") {
    const auto level = [](std::string_view line) { return DetectLevel({}, {}, line); };
    CHECK(DetectLevel({}, storage::LabelSet{{"severity", "ERROR"}}, "level=info") == "error");
    CHECK(DetectLevel(storage::LabelSet{{"level", "warning"}}, {}, "x") == "warn");
    CHECK(level(R"({"msg":"error info","level":"debug"})") == "debug");
    CHECK(level(R"({"a":{"level":"fatal"}})") == "fatal");
    CHECK(level(R"(ts=1 msg="an error" level=info)") == "info");
    CHECK(level("2026 WARN [main] x") == "warn");
    CHECK(level("[Error] x") == "error");
    CHECK(level("nothing of interest, terrors and information_schema") == "unknown");
    CHECK(level("") == "unknown");
  }
}

TEST_SUITE("ingest/label_text") {
  TEST_CASE("label text with escapes, raw strings and a trailing comma is read") {
    LabelPairs labels;
    REQUIRE(ParseLabelText("{a=\"x\\\"\\u00fc\\101\", b=`c\\d`, }", &labels).ok());
    CHECK(labels == LabelPairs{{"a",
                                "x\"\xc3\xbc"
                                "A"},
                               {"b", "c\\d"}});
    REQUIRE(ParseLabelText("{}", &labels).ok());
    CHECK(labels.empty());
  }
  TEST_CASE("broken label text says where") {
    LabelPairs labels;
    for (const char* text : {"", "{", "{a", "{a=", "{a=b}", "{a=\"b\" c=\"d\"}", "{a=\"b\"} x",
                             "{a=\"\\q\"}", "{a=\"\\ud800\"}", "{a=\"b"}) {
      CAPTURE(text);
      CHECK(ParseLabelText(text, &labels).code() == absl::StatusCode::kInvalidArgument);
    }
  }
}

}  // namespace varve::ingest
