#include "server/federation_format.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

namespace varve::server {
namespace {

std::string Write(FederationFormat format) {
  std::string out;
  FederationWriter writer(format, &out);
  writer.Sample(storage::LabelSet{{"__name__", "a"}, {"instance", "i"}, {"z", "q\"\\\n"}}, 1500, 1);
  writer.Sample(storage::LabelSet{{"__name__", "a"}, {"job", "j"}}, 2000,
                -std::numeric_limits<double>::infinity());
  writer.Sample(storage::LabelSet{{"__name__", "b.c"}, {"x.y", "\xc3\xbc"}, {"1a", "v"}}, 3000,
                1.5e9);
  writer.End();
  return out;
}

}  // namespace

TEST_SUITE("server/federation_format") {
  TEST_CASE("the text format") {
    CHECK(Write({}) ==
          "# TYPE a untyped\n"
          "a{instance=\"i\",z=\"q\\\"\\\\\\n\"} 1 1500\n"
          "a{job=\"j\",instance=\"\"} -Inf 2000\n"
          "# TYPE b_c untyped\n"
          "b_c{_a=\"v\",x_y=\"\xc3\xbc\",instance=\"\"} 1.5e+09 3000\n");
    CHECK(FederationFormat{}.ContentType() ==
          "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  }

  TEST_CASE("OpenMetrics, with names in quotes") {
    const FederationFormat format{FederationFormat::Kind::kOpenMetrics, true};
    CHECK(Write(format) ==
          "# TYPE a unknown\n"
          "a{instance=\"i\",z=\"q\\\"\\\\\\n\"} 1.0 1.5\n"
          "a{job=\"j\",instance=\"\"} -Inf 2\n"
          "# TYPE \"b.c\" unknown\n"
          "{\"b.c\",\"1a\"=\"v\",\"x.y\"=\"\xc3\xbc\",instance=\"\"} 1.5e+09 3\n"
          "# EOF\n");
    CHECK(format.ContentType() ==
          "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8");
  }

  TEST_CASE("the client chooses by quality") {
    const auto chosen = [](std::string_view accept) {
      const FederationFormat format = NegotiateFederation(accept);
      constexpr const char* kNames[] = {"text", "open", "protobuf"};
      return std::string(kNames[static_cast<size_t>(format.kind)]) +
             (format.allow_utf8 ? " utf8" : "");
    };
    CHECK(chosen("") == "text");
    CHECK(chosen("*/*") == "text");
    CHECK(chosen("text/html") == "text");
    CHECK(chosen("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                 "application/openmetrics-text;version=0.0.1;q=0.4,"
                 "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
                 "text/plain;version=0.0.4;q=0.2,*/*;q=0.1") == "open utf8");
    CHECK(chosen("text/plain; version=0.0.4; q=0.9, application/openmetrics-text; q=0.5") ==
          "text");
    CHECK(chosen("application/openmetrics-text; version=0.0.1") == "text");
    CHECK(chosen("application/openmetrics-text;q=x") == "text");
    CHECK(chosen("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                 "encoding=delimited;q=0.6,text/plain;version=0.0.4;q=0.5") == "protobuf utf8");
    CHECK(chosen("application/vnd.google.protobuf;proto=other;encoding=delimited") == "text");
  }
}

}  // namespace varve::server
