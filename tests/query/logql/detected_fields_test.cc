#include "query/logql/detected_fields.h"

#include <doctest/doctest.h>

namespace varve::query {
namespace {

using storage::LabelSet;

DetectedFields Detect(std::string_view line, const LabelSet& metadata = {},
                      const LabelSet& parsed = {}) {
  StreamsResult result;
  result.streams.push_back({LabelSet{{"app", "shop"}}, {{0, std::string(line), metadata, parsed}}});
  return DetectFields(result);
}

TEST_SUITE("query/logql/detected_fields") {
  TEST_CASE("the types of values") {
    CHECK(DetectFieldType("42") == "int");
    CHECK(DetectFieldType("-7") == "int");
    CHECK(DetectFieldType("1.5") == "float");
    CHECK(DetectFieldType("1e9") == "float");
    CHECK(DetectFieldType("true") == "boolean");
    CHECK(DetectFieldType("1h30m") == "duration");
    CHECK(DetectFieldType("2.5MiB") == "bytes");
    CHECK(DetectFieldType("GET") == "string");
    CHECK(DetectFieldType("") == "string");
  }

  TEST_CASE("members of JSON objects with their paths, nested ones flattened") {
    const DetectedFields fields =
        Detect(R"({"status": 500, "http": {"took": "12ms", "user-agent": "x"}, "list": [1],)"
               R"( "none": null, "app": "y"})");
    REQUIRE(fields.size() == 4);
    CHECK(fields.at("status").type == "int");
    CHECK(fields.at("status").json_path == std::vector<std::string>{"status"});
    CHECK(fields.at("http_took").type == "duration");
    CHECK(fields.at("http_user_agent").json_path == std::vector<std::string>{"http", "user-agent"});
    CHECK(fields.at("http_user_agent").parsers == std::set<std::string>{"json"});
    CHECK(fields.count("app_extracted") == 1);
  }

  TEST_CASE("logfmt pairs, and text that is neither") {
    const DetectedFields fields = Detect(R"(level=warn msg="a b" size=3KB)");
    REQUIRE(fields.size() == 3);
    CHECK(fields.at("msg").values == std::set<std::string>{"a b"});
    CHECK(fields.at("size").type == "bytes");
    CHECK(fields.at("size").parsers == std::set<std::string>{"logfmt"});
    CHECK(fields.at("size").json_path.empty());
    CHECK(Detect("plain words of a person").empty());
    CHECK(Detect(R"({"cut": "of)").empty());
  }

  TEST_CASE("structured metadata has no parser; what stages found is there, errors are not") {
    const DetectedFields fields =
        Detect("plain", LabelSet{{"trace_id", "abc"}},
               LabelSet{{"method", "GET"}, {"__error__", "JSONParserErr"}});
    REQUIRE(fields.size() == 2);
    CHECK(fields.at("trace_id").parsers.empty());
    CHECK(fields.at("method").type == "string");
  }

  TEST_CASE("values are counted over all lines and streams") {
    StreamsResult result;
    for (int stream = 0; stream < 2; ++stream) {
      StreamsResult::Stream one{LabelSet{{"s", std::to_string(stream)}}, {}};
      for (int i = 0; i < 5; ++i) one.lines.push_back({i, "n=" + std::to_string(i), {}, {}});
      result.streams.push_back(std::move(one));
    }
    CHECK(DetectFields(result).at("n").values.size() == 5);
  }
}

}  // namespace
}  // namespace varve::query
