// Pages of an export: together they are everything, byte for byte, in order and once, wherever a
// page ends.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "query/engine/worker_pool.h"
#include "server/log_export_page.h"
#include "storage/database.h"
#include "tests/server/server_fixture.h"

namespace varve::server {
namespace {

using storage::LabelSet;

constexpr int64_t kBeginNs = 1'795'694'400'000'000'000;  // 2026-11-26T12:00:00Z

class Pages {
 public:
  Pages() {
    storage::StorageOptions options;
    options.path = folder_.path() + "/data";
    options.retention_ms = 0;
    auto opened = storage::Database::Open(std::move(options));
    REQUIRE(opened.ok());
    database_ = *std::move(opened);
  }
  void Append(const LabelSet& labels, const std::vector<std::pair<int64_t, std::string>>& lines) {
    storage::LogBatch batch;
    for (const auto& [offset_ns, line] : lines) {
      batch.entries.push_back({kBeginNs + offset_ns, line, {}});
    }
    batch.streams.push_back({labels, 0, static_cast<uint32_t>(lines.size())});
    REQUIRE(database_->AppendLogs(batch).accepted == lines.size());
  }
  // All pages of so many bytes; what ends one is what begins the next.
  std::string Read(size_t page_bytes, storage::TimeRange range_ns, size_t* pages) {
    std::string all;
    std::string place_text;
    bool more = true;
    for (*pages = 0; more; ++*pages) {
      LogExportPlace place;
      if (*pages > 0) REQUIRE(ParseExportPlace(place_text, &place).ok());
      query::WorkerPool workers(1);
      query::QueryContext query(query::QueryLimits(), &workers, nullptr);
      const auto querier = database_->NewQuerier();
      const auto selection = querier->SelectLogs({storage::Matcher::NotEqual("app", "")}, range_ns);
      REQUIRE(selection.ok());
      std::string page;
      REQUIRE(ExportLogPage(**selection, range_ns, page_bytes, &query, &place, &more, &page).ok());
      all += page;
      place_text = FormatExportPlace(place);
    }
    return all;
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<storage::Database> database_;
};

TEST_SUITE("server/log_export") {
  TEST_CASE("pages of any size give the same entries") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    Pages pages;
    for (const char* app : {"a", "b \"quoted\", \n{}", "c"}) {
      std::vector<std::pair<int64_t, std::string>> lines;
      int64_t offset_ns = 0;
      for (int i = 0; i < 60; ++i) {
        offset_ns += static_cast<int64_t>(random() % 3);  // many of one time
        lines.emplace_back(offset_ns,
                           "line " + std::to_string(i) + std::string(random() % 50, '.'));
      }
      pages.Append(LabelSet{{"app", app}}, lines);
    }
    const storage::TimeRange range_ns{kBeginNs, kBeginNs + 1000};
    size_t count = 0;
    const std::string whole = pages.Read(1 << 20, range_ns, &count);
    CHECK(count == 1);
    CHECK(std::count(whole.begin(), whole.end(), '\n') == 180);
    for (const size_t page_bytes : {1, 100, 500, 777, 5000}) {
      CHECK(pages.Read(page_bytes, range_ns, &count) == whole);
      CHECK(count > 1);
    }
  }

  TEST_CASE("lines that are no text are base64, times have the digits they need") {
    Pages pages;
    pages.Append(LabelSet{{"app", "a"}}, {{0, "\xff"}, {500'000'000, "<&>\n\xC3\xA4\x01"}});
    size_t count = 0;
    CHECK(pages.Read(1 << 20, {kBeginNs, kBeginNs + 1'000'000'000}, &count) ==
          "{\"timestamp\":\"2026-11-26T12:00:00Z\",\"labels\":{\"app\":\"a\"},"
          "\"line_base64\":\"/w==\"}\n"
          "{\"timestamp\":\"2026-11-26T12:00:00.5Z\",\"labels\":{\"app\":\"a\"},"
          "\"line\":\"<&>\\n\xC3\xA4\\u0001\"}\n");
  }

  TEST_CASE("a place that no page ended with is refused") {
    LogExportPlace place;
    for (const std::string_view text :
         {"", "1", "1:2", "1:2:", "1:2:{}", "x:2:{a=\"b\"}", "1:2:{a"}) {
      CHECK_FALSE(ParseExportPlace(text, &place).ok());
    }
    REQUIRE(ParseExportPlace("-5:2:{a=\"b\"}", &place).ok());
    CHECK(place.timestamp_ns == -5);
    CHECK(place.skipped == 2);
    CHECK(FormatExportPlace(place) == "-5:2:{a=\"b\"}");
  }

  TEST_CASE("the API exports what was pushed, and refuses what it cannot read") {
    TemporaryFolder folder;
    ServerFixture server(folder.path());
    REQUIRE(server
                .PushLogs("{\"streams\":[{\"stream\":{\"app\":\"x\",\"service_name\":\"x\"},"
                          "\"values\":[[\"1795694400000000000\",\"hi\",{\"detected_level\":\"i\","
                          "\"id\":\"7\"}]]}]}")
                .status == 204);
    const std::string range = "&start=1795694400&end=1795694500";
    const RawResponse answer = server.Get("/api/v1/export/logs?query=%7Bapp%3D%22x%22%7D" + range);
    CHECK(answer.status == 200);
    CHECK(
        answer.body ==
        "{\"timestamp\":\"2026-11-26T12:00:00Z\",\"labels\":{\"app\":\"x\",\"service_name\":\"x\"},"
        "\"metadata\":{\"detected_level\":\"i\",\"id\":\"7\"},\"line\":\"hi\"}\n");
    CHECK(server.Get("/api/v1/export/logs?query=x" + range).status == 400);
    CHECK(server.Get("/api/v1/export/logs?query=%7Bapp%3D%22x%22%7D&page=1" + range).status == 400);
  }
}

}  // namespace
}  // namespace varve::server
