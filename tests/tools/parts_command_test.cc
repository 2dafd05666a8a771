#include "tools/parts_command.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "storage/io/file_names.h"
#include "storage/logs/log_part_writer.h"
#include "storage/metrics/histogram_part_writer.h"
#include "storage/metrics/metric_part_writer.h"
#include "storage/part/manifest.h"
#include "tests/tools/command_run.h"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;
using storage::FileSystem;
using storage::LabelSet;

constexpr int32_t kDay = 20'778;  // 2026-11-21
constexpr int64_t kDayMs = int64_t{kDay} * 86'400'000;

// A data directory with a part of each kind.
class DataDirectory {
 public:
  DataDirectory() {
    char pattern[] = "/tmp/varve-tools-XXXXXX";
    path_ = mkdtemp(pattern);
    fs::create_directory(path_ + "/parts");
    auto metrics = storage::MetricPartWriter::Open(FileSystem::Posix(), MetricPath(),
                                                   {.part_id = 1, .partition_day = kDay})
                       .value();
    const std::vector<int64_t> times = {kDayMs, kDayMs + 15'000};
    const std::vector<double> values = {1, 2.5};
    REQUIRE(metrics->AddSeries(LabelSet{{"__name__", "up"}}, times, values).ok());
    REQUIRE(metrics->Finish().ok());
    auto logs = storage::LogPartWriter::Create(FileSystem::Posix(), LogPath()).value();
    REQUIRE(logs->BeginStream(LabelSet{{"app", "a"}}).ok());
    REQUIRE(logs->Add({kDayMs * 1'000'000, "hello world", {}}).ok());
    REQUIRE(logs->Finish({.part_id = 2, .level = 0, .partition_day = kDay}).ok());
    auto histograms = storage::HistogramPartWriter::Open(FileSystem::Posix(), HistogramPath(),
                                                         {.part_id = 3, .partition_day = kDay})
                          .value();
    const std::vector<storage::HistogramPtr> empty(2, std::make_shared<storage::Histogram>());
    REQUIRE(histograms->AddSeries(LabelSet{{"__name__", "latency"}}, times, empty).ok());
    REQUIRE(histograms->Finish().ok());
    auto manifest = storage::Manifest::Open(FileSystem::Posix(), path_).value();
    REQUIRE(manifest
                ->Apply({{storage::PartFileName("metrics", 1), storage::PartFileName("logs", 2),
                          storage::PartFileName("histograms", 3)},
                         {}})
                .ok());
  }
  ~DataDirectory() { fs::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string MetricPath() const { return path_ + "/parts/" + storage::PartFileName("metrics", 1); }
  std::string LogPath() const { return path_ + "/parts/" + storage::PartFileName("logs", 2); }
  std::string HistogramPath() const {
    return path_ + "/parts/" + storage::PartFileName("histograms", 3);
  }

  // Flips a bit of a file.
  static void Damage(const std::string& path, int64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(offset);
    file.put(byte);
  }

 private:
  std::string path_;
};

TEST_SUITE("tools/parts_command") {
  TEST_CASE("list shows what each part holds") {
    const DataDirectory data;
    const CommandRun run = RunVarve({"parts", "list", data.path()});
    CHECK(run.code == kExitOk);
    CHECK(run.out.find("2026-11-21T00:00:15.000Z") != std::string::npos);
    CHECK(run.out.find("metrics: 1 part, 2 samples, ") != std::string::npos);
    CHECK(run.out.find("logs: 1 part, 1 entries, ") != std::string::npos);
    CHECK(run.out.find("histograms: 1 part, 2 samples, ") != std::string::npos);
    const CommandRun csv = RunVarve({"parts", "list", "-o", "csv", data.path()});
    CHECK(csv.out.find("metrics-00000000000000000001.part,live,metrics,0,2026-11-21,"
                       "2026-11-21T00:00:00.000Z,2026-11-21T00:00:15.000Z,1,2,") !=
          std::string::npos);
  }

  TEST_CASE("list tells parts that the manifest misses or does not name") {
    const DataDirectory data;
    fs::rename(data.MetricPath(), data.path() + "/parts/" + storage::PartFileName("metrics", 7));
    const CommandRun run = RunVarve({"parts", "list", data.path()});
    CHECK(run.code == kExitFailed);
    CHECK(run.out.find("metrics-00000000000000000001.part     missing") != std::string::npos);
    CHECK(run.out.find("metrics-00000000000000000007.part     unlisted") != std::string::npos);
  }

  TEST_CASE("inspect shows sections and codecs of a directory and of one file") {
    const DataDirectory data;
    CHECK(RunVarve({"parts", "inspect", data.path()}).out.find("codec ") != std::string::npos);
    CHECK(RunVarve({"parts", "inspect", data.HistogramPath()}).out.find("codec stream: 1 chunks") !=
          std::string::npos);
    const CommandRun one = RunVarve({"parts", "inspect", data.LogPath()});
    CHECK(one.code == kExitOk);
    CHECK(one.out.find("entries 1") != std::string::npos);
    CHECK(one.out.find("metrics-") == std::string::npos);
  }

  TEST_CASE("verify accepts whole parts") {
    const DataDirectory data;
    const CommandRun run = RunVarve({"parts", "verify", data.path()});
    CHECK(run.code == kExitOk);
    CHECK(run.err.empty());
    CHECK(run.out.find("3 parts are whole") != std::string::npos);
  }

  TEST_CASE("verify finds a flipped bit at any byte of any part and names the file") {
    const DataDirectory data;
    for (const std::string& path : {data.MetricPath(), data.LogPath(), data.HistogramPath()}) {
      const auto size = static_cast<int64_t>(fs::file_size(path));
      for (int64_t offset = 0; offset < size; offset += 7) {
        DataDirectory::Damage(path, offset);
        const CommandRun run = RunVarve({"parts", "verify", data.path()});
        CAPTURE(path);
        CAPTURE(offset);
        CAPTURE(run.err);
        CHECK(run.code == kExitFailed);
        CHECK(run.err.find(path) != std::string::npos);
        DataDirectory::Damage(path, offset);
      }
    }
  }

  TEST_CASE("a path without parts is an error") {
    CHECK(RunVarve({"parts", "list", "/nonexistent"}).code == kExitFailed);
    CHECK(RunVarve({"parts", "verify", "/usr"}).err.find("want a data directory") !=
          std::string::npos);
  }
}  // TEST_SUITE

}  // namespace
}  // namespace varve::tools
