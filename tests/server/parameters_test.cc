#include <doctest/doctest.h>

#include <limits>

#include "server/loki_parameters.h"
#include "server/prometheus_parameters.h"
#include "server/quantity_text.h"

namespace varve::server {
namespace {

QueryParameters Parameters(std::string_view text) {
  QueryParameters parameters;
  REQUIRE(parameters.Parse(text).ok());
  return parameters;
}

constexpr int64_t kNowNs = 1'795'132'800'000'000'000;
constexpr int64_t kSecondNs = 1'000'000'000;

template <typename T>
std::string ErrorOf(const absl::StatusOr<T>& result) {
  return result.ok() ? "no error" : std::string(result.status().message());
}

}  // namespace

TEST_SUITE("server/parameters") {
  TEST_CASE("booleans are those of Go's parser") {
    for (const char* text : {"1", "t", "T", "true", "TRUE", "True"}) {
      CHECK(*BoolParameter(Parameters(std::string("a=") + text), "a", false));
    }
    for (const char* text : {"0", "f", "F", "false", "FALSE", "False"}) {
      CHECK_FALSE(*BoolParameter(Parameters(std::string("a=") + text), "a", true));
    }
    CHECK(*BoolParameter(Parameters("b=0"), "a", true));
    CHECK(ErrorOf(BoolParameter(Parameters("a=tRUE"), "a", true)) ==
          R"(strconv.ParseBool: parsing "tRUE": invalid syntax)");
  }

  TEST_CASE("the greatest number of points is named in the error") {
    const QueryParameters parameters = Parameters("start=0&end=1234568&step=1");
    CHECK(GridParameters(parameters, 1'234'568).ok());
    CHECK(ErrorOf(GridParameters(parameters, 1'234'567)) ==
          "exceeded maximum resolution of 1,234,567 points per timeseries. "
          "Try decreasing the query resolution (?step=XX)");
    CHECK(ErrorOf(GridParameters(parameters, 999)).find(" of 999 points") != std::string::npos);
  }

  TEST_CASE("Prometheus times are seconds with a fraction or RFC 3339") {
    CHECK(*ParsePromTimeMs("1435781451.781") == 1435781451781);
    CHECK(*ParsePromTimeMs("0") == 0);
    CHECK(*ParsePromTimeMs("-1.5") == -1500);
    CHECK(*ParsePromTimeMs("1e3") == 1'000'000);
    CHECK(*ParsePromTimeMs("2015-07-01T20:10:51.781Z") == 1435781451781);
    CHECK(*ParsePromTimeMs("2015-07-01T22:10:51+02:00") == 1435781451000);
    CHECK(*ParsePromTimeMs("9999-12-31T23:59:59Z") == 253402300799000);
    CHECK(*ParsePromTimeMs("1795132800000") == 1795132800000000);
    CHECK(*ParsePromTimeMs("-292273086-05-16T16:47:06Z") == std::numeric_limits<int64_t>::min());
    for (const char* text : {"", "x", "2015-07-01", "2015-07-01T20:10:51", "infinite-future", "NaN",
                             "2015-13-01T20:10:51Z"}) {
      INFO(text);
      CHECK_FALSE(ParsePromTimeMs(text).ok());
    }
    CHECK(ErrorOf(TimeParameterMs(Parameters("time=foo"), "time", 0)) ==
          "invalid parameter \"time\": invalid time value for 'time': cannot parse \"foo\" to a "
          "valid timestamp");
  }

  TEST_CASE("a range query's grid is checked in Prometheus's words") {
    const auto grid = [](std::string_view text) {
      return GridParameters(Parameters(text), 11'000);
    };
    CHECK(grid("start=1&end=2&step=0.5")->step_ms == 500);
    CHECK(grid("start=1&end=2&step=1m30s")->step_ms == 90'000);
    CHECK(grid("start=0&end=11000&step=1").ok());
    CHECK(ErrorOf(grid("start=0&end=11001&step=1")) ==
          "exceeded maximum resolution of 11,000 points per timeseries. "
          "Try decreasing the query resolution (?step=XX)");
    CHECK(ErrorOf(grid("end=2&step=1")) ==
          "invalid parameter \"start\": cannot parse \"\" to a valid timestamp");
    CHECK(ErrorOf(grid("start=2&end=1&step=1")) ==
          "invalid parameter \"end\": end timestamp must not be before start time");
    CHECK(ErrorOf(grid("start=1&end=2&step=0")) ==
          "invalid parameter \"step\": zero or negative query resolution step widths are not "
          "accepted. Try a positive integer");
    CHECK(ErrorOf(grid("start=1&end=2&step=x")) ==
          "invalid parameter \"step\": cannot parse \"x\" to a valid duration");
    CHECK_FALSE(grid("start=-9e18&end=9e18&step=1").ok());
  }

  TEST_CASE("limits, timeouts and lookbacks of a request stay within the server's") {
    CHECK(*LimitParameter(Parameters("")) == 0);
    CHECK(*LimitParameter(Parameters("limit=7")) == 7);
    CHECK(ErrorOf(LimitParameter(Parameters("limit=-1"))) ==
          "invalid parameter \"limit\": limit must be non-negative");
    CHECK(ErrorOf(LimitParameter(Parameters("limit=x"))) ==
          "invalid parameter \"limit\": strconv.Atoi: parsing \"x\": invalid syntax");
    query::QueryLimits limits;
    limits.timeout_ms = 10'000;
    CHECK(LimitsFor(Parameters("timeout=1h"), limits)->timeout_ms == 10'000);
    CHECK(LimitsFor(Parameters("timeout=2"), limits)->timeout_ms == 2'000);
    CHECK(LimitsFor(Parameters("lookback_delta=10m"), limits)->lookback_ms == 600'000);
    CHECK_FALSE(LimitsFor(Parameters("timeout=x"), limits).ok());
  }

  TEST_CASE("match[] needs a matcher that does not match everything") {
    CHECK(SelectorParameters(Parameters("match[]=up&match[]={a=%22b%22}"))->size() == 2);
    CHECK(SelectorParameters(Parameters(""))->empty());
    CHECK(ErrorOf(SelectorParameters(Parameters("match[]={a=~%22.*%22}"))) ==
          "match[] must contain at least one non-empty matcher");
    CHECK(ErrorOf(SelectorParameters(Parameters("match[]={a"))).find("1:3: parse error") == 0);
  }

  TEST_CASE("escaped label names come back as they were") {
    CHECK(UnescapeLabelName("job") == "job");
    CHECK(UnescapeLabelName("U__my_2e_label__x") == "my.label_x");
    CHECK(UnescapeLabelName("U___1f600_") == "\U0001f600");
    CHECK(UnescapeLabelName("U__a_zz_") == "U__a_zz_");
    CHECK(UnescapeLabelName("U__a_d800_") == "U__a_d800_");
    CHECK(UnescapeLabelName("U__a_2e") == "U__a_2e");
  }

  TEST_CASE("Loki times are seconds up to ten digits and nanoseconds beyond") {
    CHECK(ParseLokiTimeNs("4000000000") == 4'000'000'000 * kSecondNs);
    CHECK(ParseLokiTimeNs("1795132800000000000") == 1795132800000000000);
    CHECK(ParseLokiTimeNs("1795132800.5") == 1795132800500000000);
    CHECK(ParseLokiTimeNs("2026-11-20T00:00:00.000000001Z") == 1795132800000000001);
    CHECK(ParseLokiTimeNs("2026-11-20T00:00:00.5Z") == 1795132800500000000);
    CHECK_FALSE(ParseLokiTimeNs("").has_value());
    CHECK_FALSE(ParseLokiTimeNs("now").has_value());
    CHECK_FALSE(ParseLokiTimeNs("99999999999999999999").has_value());
  }

  TEST_CASE("Loki bounds are the last hour unless start, end or since say otherwise") {
    const auto bounds = [](std::string_view text) {
      return *LokiBoundsParameters(Parameters(text), kNowNs, kLokiQuerySinceNs);
    };
    CHECK(bounds("").end_ns == kNowNs);
    CHECK(bounds("").start_ns == kNowNs - 3600 * kSecondNs);
    CHECK(bounds("since=15m").start_ns == kNowNs - 900 * kSecondNs);
    // An end in the future does not move the start.
    CHECK(bounds("end=4000000000").start_ns == kNowNs - 3600 * kSecondNs);
    CHECK(bounds("end=1000&since=1s").start_ns == 999 * kSecondNs);
    CHECK_FALSE(LokiBoundsParameters(Parameters("start=x"), kNowNs, 0).ok());
    CHECK_FALSE(LokiBoundsParameters(Parameters("since=x"), kNowNs, 0).ok());
  }

  TEST_CASE("Loki range parameters have Loki's defaults and errors") {
    const auto range = [](std::string_view text) {
      return LokiRangeParameters(Parameters(text), kNowNs, 11'000);
    };
    CHECK(range("start=0&end=100")->step_ns == kSecondNs);
    CHECK(range("start=0&end=2600")->step_ns == 10 * kSecondNs);
    CHECK(range("start=0&end=10&step=1000ms")->step_ns == kSecondNs);
    CHECK(range("start=0&end=10&step=0.5")->step_ns == kSecondNs / 2);
    CHECK(range("start=0&end=10&step=15s")->step_ns == 15 * kSecondNs);
    CHECK(range("interval=60")->interval_ns == 60 * kSecondNs);
    CHECK(range("")->limit == 100);
    CHECK(range("limit=6")->limit == 6);
    CHECK(range("")->direction == storage::Direction::kBackward);
    CHECK(range("direction=FORWARD")->direction == storage::Direction::kForward);
    CHECK(ErrorOf(range("limit=0")) == "limit must be a positive value");
    CHECK(ErrorOf(range("direction=up")) == "invalid direction 'up'");
    CHECK(ErrorOf(range("start=2&end=1")) ==
          "end timestamp must not be before or equal to start time");
    CHECK(ErrorOf(range("step=0")).find("zero or negative query resolution") == 0);
    CHECK(ErrorOf(range("start=0&end=11001&step=1")).find("exceeded maximum resolution") == 0);
    CHECK(range("start=0&end=11000&step=1").ok());
    CHECK(LokiInstantParameters(Parameters("time=4000000000"), kNowNs)->bounds.start_ns ==
          4'000'000'000 * kSecondNs);
  }

  TEST_CASE("sizes count in powers of 1024") {
    CHECK(*ParseByteSize("0") == 0);
    CHECK(*ParseByteSize("100") == 100);
    CHECK(*ParseByteSize("512MB") == 512ULL << 20);
    CHECK(*ParseByteSize("2GiB") == 2ULL << 30);
    CHECK(*ParseByteSize("1K") == 1024);
    CHECK(ByteSizeText(0) == "0B");
    CHECK(ByteSizeText(512) == "512B");
    CHECK(ByteSizeText(512ULL << 20) == "512MiB");
    CHECK(ByteSizeText((1ULL << 30) + (2 << 10) + 3) == "1GiB2KiB3B");
    CHECK(ByteSizeText(UINT64_MAX) == "15EiB1023PiB1023TiB1023GiB1023MiB1023KiB1023B");
    for (const char* text : {"", "MB", "-1", "1XB", "1.5GB", "99999999999EB"}) {
      INFO(text);
      CHECK_FALSE(ParseByteSize(text).ok());
    }
  }

  TEST_CASE("parameters are decoded, and the first of a name counts") {
    const QueryParameters parameters = Parameters("a=1&b=x+y%2B&a=2&c&=z&&%61b=3");
    CHECK(parameters.Get("a") == "1");
    CHECK(parameters.GetAll("a").size() == 2);
    CHECK(parameters.Get("b") == "x y+");
    CHECK(parameters.Has("c"));
    CHECK(parameters.Get("ab") == "3");
    CHECK_FALSE(parameters.Has("d"));
    CHECK(parameters.error().ok());
    std::string many;
    for (size_t i = 0; i <= kQueryParametersMax; ++i) many += "a&";
    CHECK_FALSE(QueryParameters().Parse(many).ok());
  }

  TEST_CASE("parameters that cannot be read are left out, and told of") {
    for (const char* text : {"a=%4", "a=%", "a=%gg", "%zz=1", "a=1;b=2"}) {
      INFO(text);
      QueryParameters parameters = Parameters(std::string("x=1&") + text + "&y=2");
      CHECK(parameters.pairs().size() == 2);
      CHECK_FALSE(parameters.error().ok());
      CHECK(CheckForm(parameters).message().find("error parsing form values: ") == 0);
    }
    QueryParameters all = Parameters("a=1");
    all.AddAll(Parameters("a=2&b=%gg"));
    CHECK(all.Get("a") == "1");
    CHECK(all.GetAll("a").size() == 2);
    CHECK(all.error().message() == "invalid URL escape \"%gg\"");
  }

  TEST_CASE("whole numbers are read as Go reads them") {
    CHECK(*ParseGoInteger("+12", 64, "Atoi") == 12);
    CHECK(*ParseGoInteger("-2147483648", 32, "ParseInt") == -2147483648LL);
    CHECK(*ParseGoInteger("9223372036854775807", 64, "Atoi") == INT64_MAX);
    for (const char* text : {"", "+", "-", "+-1", "--1", " 1", "1 ", "1.0", "0x1", "1_0"}) {
      INFO(text);
      CHECK(ParseGoInteger(text, 64, "Atoi").status().message().find("invalid syntax") !=
            std::string::npos);
    }
    CHECK(ParseGoInteger("2147483648", 32, "ParseInt").status().message() ==
          "strconv.ParseInt: parsing \"2147483648\": value out of range");
    CHECK_FALSE(ParseGoInteger("9223372036854775808", 64, "Atoi").ok());
    CHECK_FALSE(ParseGoInteger("-9223372036854775809", 64, "Atoi").ok());
  }

  TEST_CASE("names of labels are texts of UTF-8") {
    CHECK(CheckLabelName("a label").ok());
    CHECK(CheckLabelName("").message() == "invalid label name: \"\"");
    CHECK(CheckLabelName("a\xff").message() == "invalid label name: \"a\\xff\"");
  }
}

}  // namespace varve::server
