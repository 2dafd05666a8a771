#include "server/json_writer.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace varve::server {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

}  // namespace

TEST_SUITE("server/json_writer") {
  TEST_CASE("characters that HTML or JavaScript would read are escaped as Go escapes them") {
    CHECK(Quoted("a<b>&c") == R"("a\u003cb\u003e\u0026c")");
    CHECK(Quoted("\u2028\u2029\u202a") == "\"\\u2028\\u2029\u202a\"");
    CHECK(Quoted("q\"b\\s/") == R"("q\"b\\s/")");
    CHECK(Quoted("\n\r\t\x01\x1f\x7f") == "\"\\n\\r\\t\\u0001\\u001f\x7f\"");
    CHECK(Quoted(std::string_view("\0", 1)) == R"("\u0000")");
  }

  TEST_CASE("UTF-8 stays as it is and each byte that is none becomes U+FFFD") {
    CHECK(Quoted("é€𝄞") == "\"é€𝄞\"");
    CHECK(Quoted("a\xff"
                 "b") == R"("a\ufffdb")");
    CHECK(Quoted("\xc3") == R"("\ufffd")");
    CHECK(Quoted("\xe2\x82") == R"("\ufffd\ufffd")");
    CHECK(Quoted("\xc0\xaf") == R"("\ufffd\ufffd")");            // overlong
    CHECK(Quoted("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")");  // a surrogate
    CHECK(Quoted("\xf4\x90\x80\x80") == R"("\ufffd\ufffd\ufffd\ufffd")");
  }

  TEST_CASE("a character that is escaped is found at every place of texts of every length") {
    for (size_t length = 1; length <= 70; ++length) {
      const std::string plain(length, 'a');
      REQUIRE(Quoted(plain) == '"' + plain + '"');
      for (size_t at = 0; at < length; ++at) {
        const auto with = [&](std::string_view piece) {
          return plain.substr(0, at) + std::string(piece) + plain.substr(at + 1);
        };
        for (const auto& [raw, escaped] :
             {std::pair("\"", "\\\""), std::pair("\\", "\\\\"), std::pair("\n", "\\n"),
              std::pair("<", "\\u003c"), std::pair(">", "\\u003e"), std::pair("&", "\\u0026"),
              std::pair("\x7f", "\x7f"), std::pair("é", "é"), std::pair("\xff", "\\ufffd")}) {
          REQUIRE(Quoted(with(raw)) == '"' + with(escaped) + '"');
        }
        std::string unescaped;
        AppendPlainJsonString(with("<"), &unescaped);
        REQUIRE(unescaped == '"' + with("<") + '"');
      }
    }
  }

  TEST_CASE("pieces stand between other values, in one text or in a list of texts") {
    const auto write = [](JsonWriter* json) {
      json->BeginArray();
      json->Int(1);
      json->Pieces({"2,3", "4", "5"});
      json->Pieces({});
      json->Int(6);
      json->Pieces({"7"});
      json->EndArray();
    };
    std::string out;
    JsonWriter whole(&out);
    write(&whole);
    CHECK(out == "[1,2,3,4,5,6,7]");
    std::vector<std::string> front;
    std::string back;
    JsonWriter cut(&back, &front);
    write(&cut);
    CHECK(front.size() == 6);
    std::string joined;
    for (const std::string& piece : front) joined += piece;
    CHECK(joined + back == out);
  }

  TEST_CASE("commas stand between values and nowhere else") {
    std::string out;
    JsonWriter json(&out);
    json.BeginObject();
    json.Key("a");
    json.BeginArray();
    json.Int(-1);
    json.Uint(2);
    json.Null();
    json.BeginObject();
    json.EndObject();
    json.EndArray();
    json.Key("b");
    json.Bool(true);
    json.Key("c");
    json.Double(0.5);
    json.Key("d");
    json.Strings({"x", "y"});
    json.EndObject();
    CHECK(out == R"({"a":[-1,2,null,{}],"b":true,"c":0.5,"d":["x","y"]})");
  }

  TEST_CASE("labels are an object in the order of their names") {
    std::string out;
    JsonWriter json(&out);
    json.Labels(storage::LabelSet{{"b", "2"}, {"__name__", "up"}, {"a", "<"}});
    CHECK(out == R"({"__name__":"up","a":"\u003c","b":"2"})");
  }

  TEST_CASE("plain labels escape only what JSON has to") {
    std::string out;
    JsonWriter json(&out);
    json.PlainLabels(storage::LabelSet{{"a", "<&>\u2028\x7f"}, {"b", "\"\\\n\x01"}});
    CHECK(out == "{\"a\":\"<&>\u2028\x7f\",\"b\":\"\\\"\\\\\\n\\u0001\"}");
  }
}

}  // namespace varve::server
