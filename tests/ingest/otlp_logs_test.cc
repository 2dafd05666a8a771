#include "ingest/otlp_logs.h"
#include "ingest/otlp_log_sink.h"

#include <doctest/doctest.h>

#include <cmath>

#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

namespace varve::ingest {
namespace {

constexpr int64_t kNowNs = 99;

LokiPushOptions Plain() {
  LokiPushOptions options;
  options.discover_level = false;
  options.discover_service_name = false;
  return options;
}

using Lines = std::vector<std::string>;

// "{labels} ts line {metadata}" per entry.
Lines Decode(OtlpForm form, std::string_view body, const LokiPushOptions& options = Plain()) {
  LokiPushRequest request;
  const absl::Status status = DecodeOtlpLogs(form, "", body, kNowNs, options, &request);
  REQUIRE_MESSAGE(status.ok(), std::string(status.message()));
  Lines flat;
  for (const storage::StreamWrite& stream : request.batch.streams) {
    for (uint32_t i = stream.begin; i < stream.end; ++i) {
      const storage::Entry& entry = request.batch.entries[i];
      flat.push_back(stream.labels.ToString() + " " + std::to_string(entry.timestamp_ns) + " " +
                     std::string(entry.line) + " " + entry.metadata.ToString());
    }
  }
  return flat;
}

bool Refuses(OtlpForm form, std::string_view body) {
  LokiPushRequest request;
  const bool refused = !DecodeOtlpLogs(form, "", body, kNowNs, Plain(), &request).ok();
  return refused && request.batch.entries.empty();
}

std::string Message(void (*fill)(protozero::pbf_writer*)) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  fill(&writer);
  return bytes;
}

void AddText(protozero::pbf_writer* holder, uint32_t field, const char* key, const char* value) {
  protozero::pbf_writer pair(*holder, field);
  pair.add_string(1, key);
  protozero::pbf_writer any(pair, 2);
  any.add_string(1, value);
}

TEST_SUITE("ingest/otlp_logs") {
  TEST_CASE("protobuf: resources are streams, the rest is metadata, ids are hex") {
    const std::string body = Message([](protozero::pbf_writer* request) {
      protozero::pbf_writer logs(*request, 1);
      {
        protozero::pbf_writer resource(logs, 1);
        AddText(&resource, 1, "service.name", "shop");
        AddText(&resource, 1, "host.name", "h1");
      }
      protozero::pbf_writer scope_logs(logs, 2);
      {
        protozero::pbf_writer record(scope_logs, 2);
        record.add_fixed64(1, 5);
        record.add_int32(2, 17);
        record.add_string(3, "ERROR");
        {
          protozero::pbf_writer body_value(record, 5);
          body_value.add_string(1, "it \xff broke");
        }
        AddText(&record, 6, "order.id", "7");
        record.add_fixed32(8, 1);
        record.add_bytes(9, std::string("\x01\xab", 2));
        record.add_bytes(10, std::string("\x02", 1));
        record.add_fixed64(11, 6);
      }
      // The scope stands behind its records and counts for them all the same.
      protozero::pbf_writer scope(scope_logs, 1);
      scope.add_string(1, "lib");
      scope.add_string(2, "1.0");
    });
    CHECK(Decode(OtlpForm::kProtobuf, body) ==
          Lines{"{service_name=\"shop\"} 5 it \xff broke {flags=\"1\", host_name=\"h1\", "
                "observed_timestamp=\"6\", order_id=\"7\", scope_name=\"lib\", "
                "scope_version=\"1.0\", severity_number=\"17\", severity_text=\"ERROR\", "
                "span_id=\"02\", trace_id=\"01ab\"}"});
  }

  TEST_CASE("JSON says the same; numbers may be texts, bodies any value") {
    const char* body = R"({"resourceLogs":[{"resource":{"attributes":[
      {"key":"service.name","value":{"stringValue":"shop"}}]},
      "scopeLogs":[{"scope":{"name":"lib"},"logRecords":[
        {"timeUnixNano":"5","traceId":"01ab","body":{"stringValue":"a"}},
        {"timeUnixNano":6,"body":{"kvlistValue":{"values":[
          {"key":"z","value":{"arrayValue":{"values":[{"intValue":"1"},{"boolValue":true},{}]}}},
          {"key":"a","value":{"doubleValue":0.5}}]}}},
        {"observedTimeUnixNano":"7","body":{"intValue":"42"}},
        {"body":{"bytesValue":"aGk="}}]}]}]})";
    CHECK(Decode(OtlpForm::kJson, body) ==
          Lines{R"({service_name="shop"} 5 a {scope_name="lib", trace_id="01ab"})",
                R"({service_name="shop"} 6 {"a":0.5,"z":[1,true,null]} {scope_name="lib"})",
                R"({service_name="shop"} 7 42 {observed_timestamp="7", scope_name="lib"})",
                R"({service_name="shop"} 99 aGk= {scope_name="lib"})"});
  }

  TEST_CASE("doubles are the fewest digits that give them back") {
    for (const auto& [value, text] : std::vector<std::pair<double, std::string>>{
             {0, "0"},
             {-0.0, "-0"},
             {1, "1"},
             {-1.5, "-1.5"},
             {0.1, "0.1"},
             {100, "100"},
             {1e-6, "0.000001"},
             {1.5e-7, "1.5e-7"},
             {1e-10, "1e-10"},
             {1e20, "100000000000000000000"},
             {1.2345678901234568e20, "123456789012345680000"},
             {1e21, "1e+21"},
             {-2.5e300, "-2.5e+300"},
             {5e-324, "5e-324"},
             {123456.789, "123456.789"},
             {NAN, "json: unsupported value: NaN"},
             {INFINITY, "json: unsupported value: +Inf"},
             {-INFINITY, "json: unsupported value: -Inf"}}) {
      CHECK(OtlpNumberText(value) == text);
    }
    const char* body = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1",
      "attributes":[{"key":"a","value":{"doubleValue":1.50}},{"key":"b","value":{"doubleValue":3}},
        {"key":"c","value":{"doubleValue":"NaN"}}],"body":{"doubleValue":1e22}}]}]}]})";
    CHECK(Decode(OtlpForm::kJson, body) ==
          Lines{R"({service_name="unknown_service"} 1 1e+22 )"
                R"({a="1.5", b="3", c="json: unsupported value: NaN"})"});
  }

  TEST_CASE("nested attributes are flattened, names become label names") {
    const char* body = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1",
      "attributes":[{"key":"http","value":{"kvlistValue":{"values":[
        {"key":"status.code","value":{"intValue":200}}]}}},
        {"key":"1st","value":{"stringValue":"x"}}],"body":{"stringValue":"l"}}]}]}]})";
    CHECK(Decode(OtlpForm::kJson, body) ==
          Lines{R"({service_name="unknown_service"} 1 l {http_status_code="200", key_1st="x"})"});
  }

  TEST_CASE("the level follows the severity number where levels are discovered") {
    LokiPushOptions options = Plain();
    options.discover_level = true;
    const char* body = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[
      {"timeUnixNano":"1","severityNumber":13,"body":{"stringValue":"an error?"}},
      {"timeUnixNano":"2","body":{"stringValue":"level=debug"}}]}]}]})";
    const Lines lines = Decode(OtlpForm::kJson, body, options);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].find("detected_level=\"warn\"") != std::string::npos);
    CHECK(lines[1].find("detected_level=\"debug\"") != std::string::npos);
  }

  TEST_CASE("empty requests are fine, broken ones are refused whole") {
    CHECK(Decode(OtlpForm::kProtobuf, "").empty());
    CHECK(Decode(OtlpForm::kJson, "{}").empty());
    CHECK(Refuses(OtlpForm::kJson, "[]"));
    CHECK(Refuses(OtlpForm::kJson, "{\"resourceLogs\":7}"));
    CHECK(Refuses(OtlpForm::kJson, R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[
      {"timeUnixNano":"1"},{"timeUnixNano":"one"}]}]}]})"));
    CHECK(Refuses(OtlpForm::kProtobuf, "\x0a\x7f"));
    std::string deep;
    for (int i = 0; i < 40; ++i) deep += R"({"arrayValue":{"values":[)";
    CHECK(Refuses(OtlpForm::kJson,
                  R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":)" + deep + "}]}]}]}"));
    std::string value;
    for (int i = 0; i < 40; ++i) {
      std::string list;
      protozero::pbf_writer(list).add_message(1, value);
      value.clear();
      protozero::pbf_writer(value).add_message(5, list);
    }
    std::string record, scope, resource, request;
    protozero::pbf_writer(record).add_message(5, value);
    protozero::pbf_writer(scope).add_message(2, record);
    protozero::pbf_writer(resource).add_message(2, scope);
    protozero::pbf_writer(request).add_message(1, resource);
    CHECK(Refuses(OtlpForm::kProtobuf, request));
  }

  TEST_CASE("content types") {
    OtlpForm form = OtlpForm::kProtobuf;
    CHECK(ReadOtlpForm("Application/JSON; charset=utf-8", &form).ok());
    CHECK(form == OtlpForm::kJson);
    CHECK(ReadOtlpForm("application/x-protobuf", &form).ok());
    CHECK(form == OtlpForm::kProtobuf);
    CHECK(absl::IsUnimplemented(ReadOtlpForm("text/plain", &form)));
  }
}

}  // namespace
}  // namespace varve::ingest
