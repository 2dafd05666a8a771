// Queries that read columns of parsed fields answer what the same queries answer line by line.
#include "query/logql/field_shortener.h"

#include <doctest/doctest.h>

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "query/logql/logql_engine.h"
#include "query/logql/parser.h"
#include "storage/database.h"
#include "storage/io/clock.h"
#include "storage/io/simulated_file_system.h"
#include "tests/support/memory_log_querier.h"

namespace varve::query {
namespace {

using storage::Direction;
using storage::LabelSet;
using storage::LineShape;
using test::MemoryLogQuerier;

constexpr int64_t kMinuteNs = 60'000'000'000;
constexpr int64_t kNowMs = 1'795'219'200'000;
constexpr int64_t kStartNs = (kNowMs - 3'600'000) * 1'000'000;

// The same entries behind both: columns of a merged part, and lines in memory.
class Both {
 public:
  Both() {
    storage::StorageOptions options;
    options.path = "data";
    options.files = &files_;
    options.clock = &clock_;
    options.background = false;
    auto opened = storage::Database::Open(std::move(options));
    REQUIRE(opened.ok());
    database_ = *std::move(opened);
  }

  void Add(const LabelSet& stream, const std::string& line, const LabelSet& metadata) {
    ++time_ns_;
    storage::LogBatch batch;
    batch.entries.push_back({time_ns_, line, metadata});
    batch.streams.push_back({stream, 0, 1});
    REQUIRE(database_->AppendLogs(batch).status.ok());
    lines_.Add(stream, time_ns_, line, metadata);
    raw_bytes_ += line.size();
  }
  void Pass(int64_t ns) { time_ns_ += ns; }
  void Compact() { REQUIRE(database_->CompactAll().ok()); }
  uint64_t raw_bytes() const { return raw_bytes_; }

  // The answer as text; `*bytes` of lines were read for it.
  std::string Ask(bool columns, const std::string& query, uint64_t* bytes = nullptr) const {
    const auto parts = database_->NewQuerier();
    const storage::Querier& querier =
        columns ? *parts : static_cast<const storage::Querier&>(lines_);
    QueryContext context(QueryLimits(), nullptr, nullptr);
    std::ostringstream text;
    for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
      const auto result = LogqlEngine().Range(querier, query, kStartNs, time_ns_ + kMinuteNs,
                                              kMinuteNs, 300, direction, &context);
      if (!result.ok()) return result.status().ToString();
      if (const auto* matrix = std::get_if<MatrixResult>(&result->value)) {
        for (const auto& series : matrix->series) {
          text << series.labels.ToString() << ":";
          for (const auto& sample : series.samples) {
            text << " " << sample.timestamp_ms << "=" << sample.value;
          }
          text << "\n";
        }
      } else {
        for (const auto& stream : std::get<StreamsResult>(result->value).streams) {
          text << stream.labels.ToString() << "\n";
          for (const auto& line : stream.lines) {
            text << line.timestamp_ns << " " << line.line << line.structured_metadata.ToString()
                 << line.parsed.ToString() << "\n";
          }
        }
      }
    }
    if (bytes != nullptr) *bytes = context.stats().entry_bytes;
    return text.str();
  }

 private:
  storage::SimulatedFileSystem files_;
  storage::FakeClock clock_{kNowMs};
  std::unique_ptr<storage::Database> database_;
  MemoryLogQuerier lines_;
  int64_t time_ns_ = kStartNs;
  uint64_t raw_bytes_ = 0;
};

class FieldLines {
 public:
  explicit FieldLines(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  // Lines come in a few forms, so that they share templates; now and then one is broken.
  std::string Json() {
    std::string line = JsonForm(Below(7));
    if (OneIn(15)) Break(&line);
    return line;
  }
  std::string Text() {
    std::string line = TextForm(Below(5));
    if (OneIn(15)) Break(&line);
    return line;
  }
  std::string Logfmt() {
    std::string line = LogfmtForm(Below(6));
    if (OneIn(15)) Break(&line);
    return line;
  }

 private:
  std::string Of(const std::vector<std::string>& texts) { return texts[Below(texts.size())]; }
  std::string Status() { return Of({"200", "404", "500", "503", "0500", "-500", "5e2", "500.0"}); }
  std::string Level() {
    return Of({"info", "error", "warn", "err\\u006fr", "", "er ror", "\\b12", "\\\\", "\\\"error",
               "\xff", "a1b2c3d4e", "error,\\\"status\\\":1", "d\xc3\xa9j\xc3\xa0 5"});
  }
  std::string Number() { return std::to_string(Below(3) == 0 ? Below(10) : Below(100'000)); }
  std::string Hex() {
    std::string text;
    for (int i = 0; i < 16; ++i) text.push_back("0123456789abcdef"[Below(16)]);
    return text;
  }
  std::string Duration() { return Of({"12ms", "1.5s", "2s", "1m3s", "soon", "0.25s", "950us"}); }

  std::string JsonForm(uint64_t form) {
    switch (form) {
      case 0:
        return "{\"level\":\"" + Level() + "\",\"status\":" + Status() + ",\"bytes\":" + Number() +
               ",\"took\":\"" + Duration() + "\",\"trace\":\"" + Hex() + "\"}";
      case 1:
        return " { \"status\" : \"" + Status() + "\" , \"level\" : \"" + Level() +
               "\", \"http\": {\"status\": " + Number() + ", \"to\": {\"b\": null}}} rest " +
               Number();
      case 2:
        return "{\"level\":\"" + Level() +
               "\",\"level\":\"again\",\"list\":[1,{\"status\":" + Number() +
               "},\"x]\"],\"st\\u0061tus\":" + Number() + "}";
      case 3:
        return "{\"status\":" + Of({"true", "null", "[]", "{}", Hex(), "-1"}) +
               ",\"http status\":" + Number() + ",\"http_status\":7,\"app\":\"own\"}";
      case 4:
        return "{\"9lives\":" + Number() + ",\"bytes\":\"" + Number() + "KB\",\"msg\":\"it took " +
               Number() + " ms, \\\"ok\\\" \\u00e9 " + Level() + "\"}";
      case 5:
        return "{\"a" + std::to_string(Below(2)) + "\":" + Number() + ",\"status\":" + Status() +
               ",\"level_extracted\":\"" + Level() + "\"}";
      default:
        return "{\"status\":" + Number() + " ,\t\"level\":\"error\",\"http\":{\"status\":\"" +
               Level() + "\",\"x\":1},\"bytes\":" + Number() + "}";
    }
  }
  std::string LogfmtForm(uint64_t form) {
    switch (form) {
      case 0:
        return "level=" + Of({"info", "error", "a1b2c3d4e"}) + " status=" + Status() +
               " took=" + Duration() + " bytes=" + Number();
      case 1:
        return "ts=2026-01-02T03:04:05Z level=\"" + Level() + "\" msg=\"it took " + Number() +
               " ms\" status=" + Number() + " http.status=" + Number();
      case 2:
        return "level=error level=warn status= took=\"1s\" flag bytes=" + Number() + " " + Number();
      case 3:
        return "k" + std::to_string(Below(3)) + "=" + Number() + " status=" + Number() +
               " level=\"\" app=own";
      case 4:
        return "took 5 ms status=" + Status() + " a=\"b\"level=error trace=" + Hex();
      default:
        return "status=5\"0" + Number() + " =x bytes=" + Number() + " level=\"a\\u0062" + Number() +
               "\" ip=10.0.0." + std::to_string(Below(256));
    }
  }
  std::string TextForm(uint64_t form) {
    switch (form) {
      case 0:
        return "10.0.0." + Number() + " - error [" + Status() + "] took " + Duration() + " of " +
               Number();
      case 1:
        return "10.0.0.7 - " + Level() + " [" + Number() + "] took " + Number() + " ms";
      case 2:
        return "10.0.0.7 - warn [" + Number();
      case 3:
        return Hex() + Number() + "-" + Number() + " - [] took " + Hex() + "-" + Number();
      default:
        return "took " + Number() + " - a - " + Number() + " [x] [" + Number() + "] took 1s";
    }
  }
  void Break(std::string* line) {
    const uint64_t at = Below(line->size());
    switch (Below(3)) {
      case 0:
        line->resize(at);
        break;
      case 1:
        line->insert(at, Of({"\"", "\\", "{", "}", " ", "=", ",", "]", "\x01", "é"}));
        break;
      default:
        (*line)[at] = static_cast<char>(Below(256));
        break;
    }
  }

  std::mt19937_64 random_;
};

const std::vector<std::string>& Tails() {
  static const std::vector<std::string> tails = {
      "| status >= 500",
      "| status = \"500\"",
      "| level = \"error\"",
      "| level =~ \"er.*\" or status < 300",
      "| level != \"error\" | status != 404",
      "| took > 1s",
      "| bytes > 10KB | level=\"error\"",
      "| http_status > 50",
      "| status_extracted >= 500",
      "| __error__=\"\" | status >= 500",
      "| __error__=\"\" | level=\"error\" and bytes >= 5",
      "| __error__!=\"\"",
      "| label_format st=status | st = \"500\"",
      "| label_format st=\"{{.level}}-{{.status}}\" | st =~ \"error-.*\"",
      "| drop level | level = \"\"",
      "| keep status | status = \"500\"",
      "| level = \"error\" |= \"5\"",
      "| app = \"own\"",
      "| app_extracted = \"own\"",
      "| ip = ip(\"10.0.0.0/25\")",
      "| trace =~ \"[0-7].*\"",
  };
  return tails;
}

std::vector<std::string> Queries(const std::string& parser) {
  std::vector<std::string> queries;
  for (const std::string& tail : Tails()) {
    const std::string log = "{app=~\"a|b\"} | " + parser + " " + tail;
    queries.push_back(log);
    queries.push_back("sum by (level) (count_over_time(" + log + " [5m]))");
    queries.push_back("sum by (status, level) (rate(" + log + " | __error__=\"\" [5m]))");
    queries.push_back("sum(count_over_time(" + log + " [3m]))");
    queries.push_back("sum by (level) (bytes_over_time(" + log + " | drop __error__ [5m]))");
    queries.push_back("max by (level) (max_over_time(" + log +
                      " | unwrap bytes(bytes) | __error__=\"\" [5m]))");
    queries.push_back("sum by (status) (sum_over_time(" + log + " | unwrap bytes [5m]))");
    queries.push_back("count_over_time(" + log + " | keep level [5m])");
  }
  return queries;
}

// The first line of two texts that differs, of both; empty where none does.
std::string Difference(const std::string& a, const std::string& b) {
  std::istringstream as(a);
  std::istringstream bs(b);
  std::string line_a;
  std::string line_b;
  while (true) {
    const bool more_a = static_cast<bool>(std::getline(as, line_a));
    const bool more_b = static_cast<bool>(std::getline(bs, line_b));
    if (!more_a && !more_b) return "";
    if (line_a != line_b || more_a != more_b) return line_a + "\n" + line_b;
    line_a = line_b = "";
  }
}

TEST_SUITE("query/logql/field_shortener") {
  TEST_CASE("fields from columns give what lines give") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    FieldLines lines(seed);
    for (const int kind : {0, 1, 2}) {
      const bool json = kind == 0;
      Both both;
      for (int i = 0; i < 3'000; ++i) {
        const LabelSet stream =
            lines.OneIn(4) ? LabelSet{{"app", "b"}, {"level", "stream"}} : LabelSet{{"app", "a"}};
        LabelSet metadata;
        if (lines.OneIn(9)) metadata = LabelSet{{"detected_level", "info"}};
        if (i % 2'000 > 1'700 && lines.OneIn(2)) metadata = LabelSet{{"status", "503"}};
        both.Add(stream, json ? lines.Json() : kind == 1 ? lines.Logfmt() : lines.Text(), metadata);
        both.Pass(static_cast<int64_t>(lines.Below(1'000'000'000)));
        if (i == 2'900) both.Compact();
      }
      const std::vector<std::string> parsers =
          json ? std::vector<std::string>{"json",
                                          "json level, status=\"http.status\", bytes=\"list[0]\"",
                                          "logfmt"}
          : kind == 1
              ? std::vector<std::string>{"logfmt", "logfmt --keep-empty", "logfmt --strict",
                                         "logfmt --strict --keep-empty status, took",
                                         "logfmt level, status=\"http_status\", bytes"}
              : std::vector<std::string>{"pattern \"<ip> - <level> [<status>] took <took> <_>\"",
                                         "pattern \"10.0.0.<_> - <level> [<status>]<rest>\"",
                                         "pattern \"<_>[<status>] took <bytes>\"",
                                         "pattern \"<level>-<status>-<bytes>\"",
                                         "pattern \"took <bytes> <_> <level>\""};
      for (const std::string& parser : parsers) {
        for (const std::string& query : Queries(parser)) {
          INFO(query);
          CHECK(Difference(both.Ask(true, query), both.Ask(false, query)) == "");
        }
      }
    }
  }

  TEST_CASE("well-formed lines are read as far as a query looks at them") {
    for (const bool json : {true, false}) {
      FieldLines lines(7);
      Both both;
      for (int i = 0; i < 5'000; ++i) {
        const std::string status = std::to_string(200 + lines.Below(5) * 100);
        const std::string rest = "request " + std::to_string(lines.Below(1'000'000)) + " done";
        both.Add({{"app", "a"}},
                 json ? "{\"level\":\"info\",\"status\":" + status + ",\"msg\":\"" + rest +
                            "\",\"bytes\":" + std::to_string(lines.Below(50)) + "}"
                      : "level=info status=" + status +
                            " bytes=" + std::to_string(lines.Below(50)) + " msg=\"" + rest + "\"",
                 {{"detected_level", lines.OneIn(2) ? "info" : "warn"}});
      }
      both.Compact();
      const std::string parser = json ? "json" : "logfmt";
      uint64_t bytes = 0;
      both.Ask(true, "sum by (status) (count_over_time({app=\"a\"} | " + parser + " [5m]))",
               &bytes);
      CHECK(bytes * 100 < both.raw_bytes());
      both.Ask(true, "sum(sum_over_time({app=\"a\"} | " + parser + " | unwrap bytes [5m]))",
               &bytes);
      CHECK(bytes * 100 < both.raw_bytes());
      both.Ask(true, "sum(count_over_time({app=\"a\"} | " + parser + " [5m]))", &bytes);
      CHECK(bytes == 0);
      both.Ask(true, "{app=\"a\"} | " + parser + " | status > 700", &bytes);
      CHECK(bytes == 0);
    }
  }

  TEST_CASE("a shape is shortened only where its slots cannot change the meaning") {
    LabelNeeds needs{.all = false, .names = {"b"}};
    const auto shorten = [&](std::string_view parser, const std::vector<std::string>& pieces,
                             LineShape::Kind kind) -> std::string {
      const auto expr = ParseLogql("{a=\"b\"} | " + std::string(parser));
      const StageExpr stage = std::get<LogExpr>(*expr).stages[0];
      LineShape shape;
      for (size_t i = 0; i < pieces.size(); ++i) {
        if (i > 0) shape.AddSlot(kind);
        shape.AddText(pieces[i]);
      }
      const auto line = FieldShortener(&stage, &needs).Shorten(shape);
      if (!line) return "whole";
      std::string text;
      size_t done = 0;
      for (const auto& slot : line->slots) {
        text +=
            line->text.substr(done, slot.text_end - done) + "<" + std::to_string(slot.slot) + ">";
        done = slot.text_end;
      }
      return text + line->text.substr(done);
    };
    using Kind = LineShape::Kind;
    CHECK(shorten("json", {"{\"a\":", ",\"b\":", "}"}, Kind::kDigits) == "{\"b\":<1>}");
    CHECK(shorten("json", {"{\"a\":", ",\"b\":", "}"}, Kind::kWord) == "whole");
    CHECK(shorten("json", {"{\"a\":-", ",\"b\":1", "}"}, Kind::kWord) == "{\"b\":1<1>}");
    CHECK(shorten("json", {"{\"a\":tru", "}"}, Kind::kWord) == "whole");
    CHECK(shorten("json", {"{\"a\":\"", "\",\"b\":\"x", "\"}"}, Kind::kQuoted) ==
          "{\"b\":\"x<1>\"}");
    CHECK(shorten("json", {"{\"a\":\"", "\"}"}, Kind::kQuoted) == "{}");
    CHECK(shorten("json", {"{\"a\":\"\\", "\"}"}, Kind::kQuoted) == "whole");
    CHECK(shorten("json", {"{\"a\":[", "]}"}, Kind::kQuoted) == "whole");
    CHECK(shorten("json", {"{\"a\":\"", "\"}"}, Kind::kAny) == "whole");
    CHECK(shorten("json", {"{\"a", "\":1}"}, Kind::kDigits) == "whole");
    // The number takes the quote behind it: what looks like a string is none.
    CHECK(shorten("json", {"{\"a\":12\",\"b\":\"", "\",\"b\": \"}"}, Kind::kQuoted) == "whole");
    CHECK(shorten("json", {"{\"a\":", "\",\"b\":\"\"}"}, Kind::kDigits) == "whole");
    CHECK(shorten("json", {"{\"a\":{\"x", "\":1}}"}, Kind::kDigits) == "whole");
    CHECK(shorten("json", {"{\"a\":{\"x\":", ", broken}}"}, Kind::kDigits) == "whole");
    CHECK(shorten("json", {"{\"a\":", ""}, Kind::kDigits) == "whole");
    CHECK(shorten("json b=\"a.c\"", {"{\"a\":{\"c\":", "},\"b\":1}"}, Kind::kDigits) ==
          "{\"a\":{\"c\":<0>}}");
    CHECK(shorten("json b=\"a\"", {" {\"a\":", "}"}, Kind::kDigits) == "whole");
    CHECK(shorten("logfmt", {"a=", " b=\"x ", "\" c"}, Kind::kWord) == "b=\"x <1>\"");
    CHECK(shorten("logfmt", {"a=", " b=1"}, Kind::kAny) == "whole");
    CHECK(shorten("logfmt", {"a=\"", "\" b=1"}, Kind::kQuoted) == "whole");
    CHECK(shorten("logfmt", {"k", "=1 b=1"}, Kind::kDigits) == "whole");
    CHECK(shorten("logfmt", {"took ", " b=", ""}, Kind::kDigits) == "b=<1>");
    CHECK(shorten("logfmt", {"b=\"\\u006", "\""}, Kind::kDigits) == "b=\"\\u006<0>\"");
    CHECK(shorten("logfmt", {"b=\"\\u00", "\""}, Kind::kDigits) == "whole");
    CHECK(shorten("logfmt a=\"x\"", {"x=", " b=1"}, Kind::kDigits) == "x=<0>");
    CHECK(shorten("logfmt --strict", {"a=", " b=", ""}, Kind::kWord) == "b=<1>");
    CHECK(shorten("logfmt --strict", {"a=", " =x b=", ""}, Kind::kWord) == "whole");
    CHECK(shorten("logfmt --strict", {"a=\"\\u006", "\" b=1"}, Kind::kWord) == "whole");
    CHECK(shorten("pattern \"<a> - <b> <c>\"", {"x", " - ", " y ", ""}, Kind::kDigits) ==
          " - <1> ");
    CHECK(shorten("pattern \"<a> <b>\"", {"", " ", "y"}, Kind::kWord) == " <1>y");
    CHECK(shorten("pattern \"<a>: <b>\"", {"", " x: ", ""}, Kind::kDigits) == ": <1>");
    CHECK(shorten("pattern \"<a>:<b>\"", {"", " x:", ""}, Kind::kDigits) == "whole");
    CHECK(shorten("pattern \"<a>1 <b>\"", {"", " 1 ", ""}, Kind::kDigits) == "whole");
    CHECK(shorten("pattern \"<a>1 <b>\"", {"", "_1 ", ""}, Kind::kDigits) == "1 <1>");
    CHECK(shorten("pattern \"<a>]<b>\"", {"", " ", ""}, Kind::kDigits) == "");
    CHECK(shorten("pattern \"<b>]<a>\"", {"", " ", ""}, Kind::kDigits) == "<0> <1>");
    CHECK(shorten("pattern \"<a>]<b>\"", {"", " ", ""}, Kind::kAny) == "whole");
    CHECK(shorten("pattern \"<b>]<a> <_>\"", {"x]", " ", ""}, Kind::kAny) == "x]");
    CHECK(shorten("pattern \"x <b>\"", {"x ", ""}, Kind::kWord) == "x <0>");
    CHECK(shorten("pattern \"y <b>\"", {"x ", ""}, Kind::kWord) == "");
    CHECK(shorten("pattern \"x 1<b>\"", {"x ", ""}, Kind::kWord) == "whole");
    CHECK(shorten("pattern \"<a>\"", {"x ", ""}, Kind::kAny) == "");
  }
}

}  // namespace
}  // namespace varve::query
