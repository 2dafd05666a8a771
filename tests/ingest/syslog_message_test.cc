#include "ingest/syslog_message.h"

#include <doctest/doctest.h>

namespace varve::ingest {
namespace {

// 2026-11-26T12:00:00Z
constexpr int64_t kReceivedNs = 1'795'694'400'000'000'000;
constexpr int64_t kSecondNs = 1'000'000'000;

SyslogMessage Parse(std::string_view text, absl::TimeZone zone = absl::UTCTimeZone()) {
  SyslogMessage message;
  ParseSyslogMessage(text, {kReceivedNs, zone}, &message);
  return message;
}

std::string Time(const SyslogMessage& message) {
  if (!message.timestamp.is_there) return "none";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixNanos(message.timestamp.time_ns),
                          absl::UTCTimeZone());
}

TEST_SUITE("ingest/syslog_message") {
  TEST_CASE("RFC 5424, section 6.5, example 1: no structured data") {
    const SyslogMessage message = Parse(
        "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - "
        "\xEF\xBB\xBF'su root' failed for lonvick on /dev/pts/8");
    CHECK_FALSE(message.malformed);
    CHECK(SyslogFacilityName(message.facility) == "auth");
    CHECK(SyslogSeverityName(message.severity) == "critical");
    CHECK(Time(message) == "2003-10-11T22:14:15.003Z");
    CHECK(message.host == "mymachine.example.com");
    CHECK(message.app == "su");
    CHECK(message.process.empty());
    CHECK(message.message_id == "ID47");
    CHECK(message.text == "'su root' failed for lonvick on /dev/pts/8");
  }

  TEST_CASE("RFC 5424, example 2: a zone, no byte order mark") {
    const SyslogMessage message = Parse(
        "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - "
        "%% It's time to make the do-nuts.");
    CHECK(Time(message) == "2003-08-24T12:14:15.000003Z");
    CHECK(message.timestamp.fraction_digits == 6);
    CHECK(message.process == "8710");
    CHECK(message.text == "%% It's time to make the do-nuts.");
  }

  TEST_CASE("RFC 5424, examples 3 and 4: structured data, with a message and without") {
    const SyslogMessage with = Parse(
        "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 "
        "[exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"] "
        "\xEF\xBB\xBF"
        "An application event log entry...");
    REQUIRE(with.parameters.size() == 3);
    CHECK(with.parameters[1].element == "exampleSDID@32473");
    CHECK(with.parameters[1].name == "eventSource");
    CHECK(with.parameters[1].value == "Application");
    CHECK(with.text == "An application event log entry...");
    const SyslogMessage without = Parse(
        "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 "
        "[exampleSDID@32473 iut=\"3\"][examplePriority@32473 class=\"high\"]");
    REQUIRE(without.parameters.size() == 2);
    CHECK(without.parameters[1].value == "high");
    CHECK(without.text.empty());
    CHECK_FALSE(without.malformed);
  }

  TEST_CASE("all fields may be absent") {
    const SyslogMessage message = Parse("<0>1 - - - - - -");
    CHECK_FALSE(message.malformed);
    CHECK(message.severity == 0);
    CHECK(message.facility == 0);
    CHECK(Time(message) == "none");
    CHECK(message.host.empty());
    CHECK(message.app.empty());
    CHECK(message.text.empty());
  }

  TEST_CASE("values of structured data are unescaped, elements may be empty") {
    const SyslogMessage message = Parse(R"(<13>1 - h a - - [x a="q\"b\\c\]d\n" b=""][seen] text)");
    REQUIRE(message.parameters.size() == 3);
    CHECK(message.parameters[0].value == R"(q"b\c]d\n)");
    CHECK(message.parameters[1].value.empty());
    CHECK(message.parameters[2].element == "seen");
    CHECK(message.parameters[2].value == "true");
    CHECK(message.text == "text");
  }

  TEST_CASE("what only begins like RFC 5424 is kept whole, with its priority") {
    for (const std::string_view text :
         {"<34>1 2003-10-11T22:14:15.003Z mymachine", "<34>1 yesterday host app - - - text",
          "<34>1 - host app - - [x a=\"b] text", "<34>1 - host app - - [x a=b] text",
          "<34>1 - host app - - [] text", "<34>1 2003-13-11T22:14:15Z host app - - - text",
          "<34>1 - host app - - -text", "<34>1 "}) {
      const SyslogMessage message = Parse(text);
      CHECK_MESSAGE(message.malformed, text);
      CHECK(message.text == text);
      CHECK(message.severity == 2);
      CHECK(message.parameters.empty());
    }
  }

  TEST_CASE("RFC 3164, section 5.4, examples") {
    const SyslogMessage one =
        Parse("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8");
    CHECK_FALSE(one.malformed);
    CHECK(Time(one) == "2026-10-11T22:14:15Z");
    CHECK(one.host == "mymachine");
    CHECK(one.app == "su");
    CHECK(one.text == "'su root' failed for lonvick on /dev/pts/8");

    const SyslogMessage two = Parse("Use the BFG!");
    CHECK(two.malformed);
    CHECK(two.text == "Use the BFG!");
    CHECK(two.severity == -1);

    // No process, no colon: which word is what nobody can know.
    const SyslogMessage three = Parse(
        "<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It's time to make the do-nuts.");
    CHECK_FALSE(three.malformed);
    CHECK(Time(three) == "2026-08-24T05:34:00Z");
    CHECK(three.host == "CST");

    const SyslogMessage four = Parse(
        "<0>1990 Oct 22 10:52:01 TZ-6 scapegoat.dmz.example.org 10.1.2.3 sched[0]: That's All "
        "Folks!");
    CHECK(Time(four) == "none");
    CHECK(four.text.starts_with("1990 Oct 22"));
  }

  TEST_CASE("what senders make of RFC 3164") {
    struct Case {
      std::string_view text, time, host, app, process, message;
    };
    for (const Case& c : {
             // util-linux's logger, rsyslog's and syslog-ng's templates, routers
             Case{"<13>Nov 26 11:59:01 web1 root: hello", "2026-11-26T11:59:01Z", "web1", "root",
                  "", "hello"},
             Case{"<13>Nov  6 11:59:01 web1 app[17]: a: b", "2026-11-06T11:59:01Z", "web1", "app",
                  "17", "a: b"},
             Case{"<13>Nov 6 11:59:01 web1 app[17] no colon", "2026-11-06T11:59:01Z", "web1", "app",
                  "17", "no colon"},
             Case{"<13>Nov 26 11:59:01 app[17]: no host", "2026-11-26T11:59:01Z", "", "app", "17",
                  "no host"},
             Case{"<13>Nov 26 11:59:01 cron: no host", "2026-11-26T11:59:01Z", "", "cron", "",
                  "no host"},
             Case{"<13>Nov 26 11:59:01 web1 only words here", "2026-11-26T11:59:01Z", "web1", "",
                  "", "only words here"},
             Case{"<13>Nov 26 11:59:01 word", "2026-11-26T11:59:01Z", "", "", "", "word"},
             Case{"<13>Nov 26 11:59:01.250 web1 app: fraction", "2026-11-26T11:59:01.25Z", "web1",
                  "app", "", "fraction"},
             Case{"<13>Nov 26 2025 11:59:01 web1 app: year", "2025-11-26T11:59:01Z", "web1", "app",
                  "", "year"},
             Case{"<13>Nov 26 11:59:01: app: router", "2026-11-26T11:59:01Z", "", "app", "",
                  "router"},
             Case{"<13>2026-11-26T12:59:01.123456+01:00 web1 app[1]: rsyslog",
                  "2026-11-26T11:59:01.123456Z", "web1", "app", "1", "rsyslog"},
             Case{"<13>2026-11-26T11:59:01Z 2001:db8::1 postfix/smtpd[9]: six",
                  "2026-11-26T11:59:01Z", "2001:db8::1", "postfix/smtpd", "9", "six"},
             Case{"<13>app[5]: no time", "none", "", "app", "5", "no time"},
             Case{"<13>just text", "none", "", "", "", "just text"},
             Case{"<13>", "none", "", "", "", ""},
             Case{"<13>Feb 30 11:59:01 web1 app: no such day", "none", "", "", "",
                  "Feb 30 11:59:01 web1 app: no such day"},
         }) {
      CAPTURE(c.text);
      const SyslogMessage message = Parse(c.text);
      CHECK_FALSE(message.malformed);
      CHECK(Time(message) == c.time);
      CHECK(message.host == c.host);
      CHECK(message.app == c.app);
      CHECK(message.process == c.process);
      CHECK(message.text == c.message);
    }
  }

  TEST_CASE("a priority is up to 191") {
    CHECK(Parse("<191>x").facility == 23);
    CHECK(Parse("<191>x").severity == 7);
    for (const std::string_view text :
         {"<192>x", "<1911>x", "<>x", "<-1>x", "< 1>x", "<1", "", "<"}) {
      CHECK(Parse(text).malformed);
      CHECK(Parse(text).text == text);
    }
  }

  TEST_CASE("the year that is missing is the nearest one, in the zone that was set") {
    absl::TimeZone zone;
    REQUIRE(absl::LoadTimeZone("America/New_York", &zone));
    CHECK(Time(Parse("<13>Nov 26 07:00:00 h a: x", zone)) == "2026-11-26T12:00:00Z");
    CHECK(Time(Parse("<13>Dec 31 23:59:59 h a: x")) == "2026-12-31T23:59:59Z");
    CHECK(Time(Parse("<13>Jan  1 00:00:00 h a: x")) == "2027-01-01T00:00:00Z");
    CHECK(Time(Parse("<13>Jun 10 00:00:00 h a: x")) == "2026-06-10T00:00:00Z");
    SyslogMessage message;
    // A clock that is a little ahead at the end of the year, and one that is behind.
    const int64_t new_year_ns = 1'798'761'600 * kSecondNs;  // 2027-01-01T00:00:00Z
    ParseSyslogMessage("<13>Jan  1 00:00:01 h a: x", {new_year_ns - kSecondNs}, &message);
    CHECK(Time(message) == "2027-01-01T00:00:01Z");
    ParseSyslogMessage("<13>Dec 31 23:59:58 h a: x", {new_year_ns + kSecondNs}, &message);
    CHECK(Time(message) == "2026-12-31T23:59:58Z");
    // The leap day belongs to the leap year nearby.
    const int64_t in_2027_ns = new_year_ns + 300LL * 86'400 * kSecondNs;
    ParseSyslogMessage("<13>Feb 29 00:00:00 h a: x", {in_2027_ns}, &message);
    CHECK(Time(message) == "2028-02-29T00:00:00Z");
  }

  TEST_CASE("a leap second is the end of its minute") {
    CHECK(Time(Parse("<13>1 2016-12-31T23:59:60Z h a - - - x")) ==
          "2016-12-31T23:59:59.999999999Z");
  }

  TEST_CASE("more than nine digits of a second are cut") {
    const SyslogMessage message = Parse("<13>1 2026-11-26T00:00:00.1234567891Z h a - - - x");
    CHECK(Time(message) == "2026-11-26T00:00:00.123456789Z");
    CHECK_FALSE(message.malformed);
  }
}

}  // namespace
}  // namespace varve::ingest
