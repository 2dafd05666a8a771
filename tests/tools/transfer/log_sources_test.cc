#include <doctest/doctest.h>
#include <snappy.h>
#include <stdlib.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "ingest/loki_push.h"
#include "tests/tools/command_run.h"
#include "tests/tools/fake_server.h"
#include "tools/transfer/log_json.h"
#include "tools/transfer/log_pusher.h"
#include "tools/transfer/log_text.h"

namespace varve::tools {
namespace {

constexpr int64_t kNowNs = 1'795'694'400'000'000'000;  // 2026-11-26T12:00:00Z
constexpr int64_t kSecondNs = 1'000'000'000;

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content, bool compressed = false) {
    std::string pattern = (std::filesystem::temp_directory_path() / "varve-tools-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + (compressed ? "/lines.gz" : "/lines");
    if (compressed) {
      gzFile file = gzopen(path_.c_str(), "wb");
      gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
      gzclose(file);
    } else {
      std::ofstream(path_, std::ios::binary) << content;
    }
  }
  ~TemporaryFile() { std::filesystem::remove_all(folder_); }
  const std::string& path() const { return path_; }

 private:
  std::string folder_;
  std::string path_;
};

LogTextOptions Utc() {
  LogTextOptions options;
  options.zone = absl::UTCTimeZone();
  options.now_ns = kNowNs;
  options.labels = {{"app", "x"}};
  return options;
}

std::vector<LogEntry> ReadText(const std::string& text, const LogTextOptions& options) {
  std::istringstream in(text);
  LogTextSource source(std::make_unique<LineReader>(&in, text.size(), "test"), options);
  std::vector<LogEntry> entries;
  LogEntry entry;
  while (true) {
    const absl::StatusOr<bool> more = source.Next(&entry);
    REQUIRE(more.ok());
    if (!*more) return entries;
    entries.push_back(entry);
  }
}

TEST_SUITE("tools/transfer/log_text") {
  TEST_CASE("times that logs begin with") {
    const LogTextOptions options = Utc();
    for (const std::string_view line :
         {"2026-11-26T11:00:00Z x", "2026-11-26T12:00:00+01:00 x", "2026-11-26 11:00:00 x",
          "2026-11-26 11:00:00,000 INFO x", "2026-11-26T11:00:00.000000Z: x", "2026-11-26 11:00:00",
          "[2026-11-26 11:00:00] x", "[2026-11-26T11:00:00.000+0000][gc] x",
          "Nov 26 11:00:00 host app: x", "<13>Nov 26 11:00:00 host app: x", "2026/11/26 11:00:00 x",
          "2026/11/26 11:00:00.000 [error] x", "1795690800 x", "1795690800.000 x",
          "1795690800000 x",
          "10.0.0.1 - bob [26/Nov/2026:11:00:00 +0000] \"GET / HTTP/1.1\" 200"}) {
      CAPTURE(line);
      int64_t time_ns = 0;
      CHECK(FindLineTime(line, options, &time_ns));
      CHECK(time_ns == kNowNs - 3600 * kSecondNs);
    }
    for (const std::string_view line : {"", "x", "12 monkeys", "at com.example.Main(Main.java:5)",
                                        "2026-11-26", "[]", "[x] y", "<13>", "99-99-99 1"}) {
      CAPTURE(line);
      int64_t time_ns = 0;
      CHECK_FALSE(FindLineTime(line, options, &time_ns));
    }
  }

  TEST_CASE("a format that is given") {
    LogTextOptions options = Utc();
    options.time_format = "%d.%m.%Y %H:%M:%E*S";
    int64_t time_ns = 0;
    CHECK(FindLineTime("26.11.2026 11:00:00.5 x", options, &time_ns));
    CHECK(time_ns == kNowNs - 3'599'500'000'000);
    CHECK_FALSE(FindLineTime("2026-11-26T11:00:00Z x", options, &time_ns));
    options.time_format = "none";
    CHECK_FALSE(FindLineTime("26.11.2026 11:00:00 x", options, &time_ns));
  }

  TEST_CASE("lines without a time follow the one before, equal times stay apart") {
    const auto entries = ReadText(
        "head\n2026-11-26T11:00:00Z same\n  at x\n2026-11-26T11:00:00Z same\n\n"
        "2026-11-26T11:00:01Z last \xff\r",
        Utc());
    REQUIRE(entries.size() == 6);
    const int64_t first = kNowNs - 3600 * kSecondNs;
    CHECK(entries[0].timestamp_ns == kNowNs);
    for (int i = 0; i < 4; ++i)
      CHECK(entries[static_cast<size_t>(i) + 1].timestamp_ns == first + i);
    CHECK(entries[5].timestamp_ns == first + kSecondNs);
    CHECK(entries[4].line.empty());
    CHECK(entries[5].line == "2026-11-26T11:00:01Z last \xff\r");
    CHECK(entries[5].labels == LogLabels{{"app", "x"}});
  }
}

TEST_SUITE("tools/transfer/log_json") {
  TEST_CASE("what is exported, printed and written by others") {
    LogEntry entry;
    REQUIRE(ParseLogJson(R"({"timestamp":"2026-11-26T12:00:00.5Z","labels":{"a":"b"},)"
                         R"("metadata":{"id":"7"},"line":"x\n\u00e4"})",
                         &entry)
                .ok());
    CHECK(entry == LogEntry{kNowNs + 500'000'000, {{"a", "b"}}, {{"id", "7"}}, "x\n\xC3\xA4"});
    REQUIRE(ParseLogJson(R"({"timestamp":1795694400000000000,"stream":{"a":"b"},)"
                         R"("line_base64":"/wA=","other":[]})",
                         &entry)
                .ok());
    CHECK(entry == LogEntry{kNowNs, {{"a", "b"}}, {}, std::string("\xff\0", 2)});
    REQUIRE(ParseLogJson(R"({"timestamp":"1795694400000000000","line":""})", &entry).ok());
    CHECK(entry == LogEntry{kNowNs, {}, {}, ""});
    for (const std::string_view text :
         {"", "[]", R"({"line":"x"})", R"({"timestamp":"now","line":"x"})",
          R"({"timestamp":"1","labels":{"a":1},"line":"x"})", R"({"timestamp":"1"})",
          R"({"timestamp":"1","line_base64":"*"})", R"({"timestamp":"1","line":1})"}) {
      CAPTURE(text);
      CHECK_FALSE(ParseLogJson(text, &entry).ok());
    }
  }
}

TEST_SUITE("tools/transfer/log_pusher") {
  LogEntry Entry(int64_t timestamp_ns, std::string app, std::string line) {
    return {timestamp_ns, {{"app", std::move(app)}}, {{"id", "1"}}, std::move(line)};
  }

  TEST_CASE("a batch is what the server's own decoder reads") {
    FakeServer server({FakeAnswer{.status = 204}});
    auto http = HttpClient::Create(server.url(), 5 * kSecondNs);
    REQUIRE(http.ok());
    LogPusher pusher({}, &*http, [](uint64_t) { return absl::OkStatus(); });
    CHECK(pusher.Write(Entry(kNowNs + 5, "a \"q\"\n\xC3\xA4", "one\xff")).ok());
    CHECK(pusher.Write(Entry(-1, "b", "")).ok());
    CHECK(pusher.Write(Entry(kNowNs + 6, "a \"q\"\n\xC3\xA4", "two")).ok());
    CHECK(pusher.Flush().ok());
    CHECK(pusher.entries_sent() == 3);
    ingest::LokiPushRequest request;
    const std::string body = server.requests()[0].body;
    ingest::LokiPushOptions options;
    options.discover_service_name = options.discover_level = false;
    REQUIRE(ingest::DecodeLokiPush("application/x-protobuf", "", body, options, &request).ok());
    REQUIRE(request.batch.streams.size() == 2);
    CHECK(request.batch.streams[0].labels.Get("app") == "a \"q\"\n\xC3\xA4");
    REQUIRE(request.batch.entries.size() == 3);
    CHECK(request.batch.entries[0].line == "one\xff");
    CHECK(request.batch.entries[0].timestamp_ns == kNowNs + 5);
    CHECK(request.batch.entries[0].metadata.ToString() == "{id=\"1\"}");
    CHECK(request.batch.entries[1].line == "two");
    CHECK(request.batch.entries[2].timestamp_ns == -1);
  }

  TEST_CASE("what cannot be taken now is sent again, what is refused is counted") {
    FakeServer server({{.status = 503}, {.status = 429}, {.status = 204}, {.status = 400}});
    auto http = HttpClient::Create(server.url(), 5 * kSecondNs);
    REQUIRE(http.ok());
    LogPusherOptions options;
    options.batch_entries = 1;
    options.retry.retry_wait_ms = 1;
    LogPusher pusher(options, &*http, [](uint64_t) { return absl::OkStatus(); });
    CHECK(pusher.Write(Entry(1, "a", "x")).ok());
    CHECK(pusher.sender().rejected_batches() == 0);
    CHECK(pusher.Write(Entry(2, "a", "x")).ok());
    CHECK(pusher.sender().rejected_batches() == 1);
    CHECK(server.requests().size() == 4);
  }
}

TEST_SUITE("tools/logs_import") {
  CommandRun Import(FakeServer * server, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"logs", "import"});
    arguments.insert(arguments.end(), {"--url", server->url(), "--timezone", "UTC"});
    return RunVarve(std::move(arguments));
  }

  TEST_CASE("text, compressed or not") {
    for (const bool compressed : {false, true}) {
      const TemporaryFile file("2026-11-20T11:00:00Z a\n2026-11-20T11:00:01Z b\n", compressed);
      FakeServer server({FakeAnswer{.status = 204}});
      const CommandRun run = Import(&server, {file.path(), "--label", "app=x"});
      CHECK(run.code == 0);
      CHECK(run.err.starts_with("varve: sent 2 lines in "));
      ingest::LokiPushRequest request;
      const std::string body = server.requests()[0].body;
      REQUIRE(ingest::DecodeLokiPush("application/x-protobuf", "", body, {}, &request).ok());
      CHECK(request.batch.entries[1].line == "2026-11-20T11:00:01Z b");
    }
  }

  TEST_CASE("JSON lines are known by their first line, and what is wrong is named") {
    const TemporaryFile file(
        "{\"timestamp\":\"1795694400000000000\",\"labels\":{\"a\":\"b\"},\"line\":\"1\"}\n{"
        "broken\n");
    FakeServer server({FakeAnswer{.status = 204}});
    const CommandRun run = Import(&server, {file.path()});
    CHECK(run.code == kExitFailed);
    CHECK(run.err.find("cannot read line 2 of ") != std::string::npos);
    CHECK(run.err.find("--resume") != std::string::npos);
    CHECK(server.requests().size() == 1);
  }

  TEST_CASE("an import that was interrupted goes on behind what was sent") {
    const TemporaryFile file("1795000000 a\n1795000001 b\n1795000002 c\n");
    const std::vector<std::string> arguments = {file.path(), "--label",   "app=x", "--batch",
                                                "2",         "--retries", "0"};
    FakeServer failing({{.status = 204}, {.status = 503}});
    CHECK(Import(&failing, arguments).code == kExitFailed);
    CHECK(failing.requests().size() == 2);
    FakeServer working({FakeAnswer{.status = 204}});
    std::vector<std::string> again = arguments;
    again.push_back("--resume");
    const CommandRun run = Import(&working, again);
    CHECK(run.code == 0);
    CHECK(run.err.find("sent 1 lines") != std::string::npos);
    CHECK(run.err.find("behind 2 sent before") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(file.path() + ".varve-import"));
  }

  TEST_CASE("text needs labels, a cut file is damage") {
    const TemporaryFile file("x\n");
    FakeServer server({FakeAnswer{.status = 204}});
    CHECK(Import(&server, {file.path()}).code == kExitUsage);
    std::string lines;
    for (int i = 0; i < 100'000; ++i) lines += std::to_string(i * 7919) + "\n";
    const TemporaryFile compressed(lines, true);
    std::filesystem::resize_file(compressed.path(),
                                 std::filesystem::file_size(compressed.path()) / 2);
    const CommandRun cut =
        Import(&server, {compressed.path(), "--label", "app=x", "--batch", "1000000"});
    CHECK(cut.code == kExitFailed);
    CHECK(cut.err.find("damaged or was cut") != std::string::npos);
  }
}

}  // namespace
}  // namespace varve::tools
